/** A Python package that builds itself: its build backend is part of it, so no registry is needed (PEP 517). */

const INFO = 'awf_python-1.0.dist-info';

const BACKEND = `import os, zipfile

FILES = {
    'awf_python.py': 'def main():\\n    print("python")\\n',
    '${INFO}/METADATA': 'Metadata-Version: 2.1\\nName: awf-python\\nVersion: 1.0\\n',
    '${INFO}/WHEEL': 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
    '${INFO}/entry_points.txt': '[console_scripts]\\nawf-python=awf_python:main\\n',
    '${INFO}/RECORD': '',
}

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = 'awf_python-1.0-py3-none-any.whl'
    with zipfile.ZipFile(os.path.join(directory, name), 'w') as wheel:
        for path, content in FILES.items():
            wheel.writestr(path, content)
    return name
`;

/** Its files, below the directory `python`. Its program `awf-python` prints `python`. */
export const PYTHON_PACKAGE: Readonly<Record<string, string>> = {
  'python/pyproject.toml': '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  'python/backend.py': BACKEND,
};
