import { expect, test } from 'vitest';
import { kernelPlaces, mounted, otherPlaces, type Mounted } from '../../src/host/mounted.ts';

const mount = (place: string, device: string, root = '/', type = 'ext4'): Mounted => ({
  ...{ place, device, root, type, isWritable: true },
});

const MOUNTS = [
  mount('/', '8:1'),
  mount('/proc', '0:5', '/', 'proc'),
  mount('/home', '8:2'),
  mount('/run', '0:7', '/', 'tmpfs'),
  mount('/opt/tree/proc', '0:5', '/', 'proc'),
  mount('/opt/tree/home', '8:2', '/alice'),
  mount('/opt/homes', '8:2'),
  mount('/opt/tree/docker.sock', '0:7', '/docker.sock', 'tmpfs'),
  mount('/srv/all', '8:1'),
  mount('/srv/project', '8:2', '/alice/project'),
  mount('/srv/other', '8:3', '/alice'),
];

test('this process sees itself in what is mounted', () => {
  expect(mounted().find(({ place }) => place === '/proc')).toMatchObject({ root: '/', type: 'proc' });
  expect(kernelPlaces(mounted())).toEqual(expect.arrayContaining(['/proc', '/sys']));
});

test.each([
  ['/home/alice', ['/opt/tree/home', '/opt/homes']],
  ['/home', ['/opt/homes']],
  ['/run/docker.sock', ['/opt/tree/docker.sock']],
  ['/var/lib/docker', ['/srv/all']],
  ['/opt/homes/alice', ['/home', '/opt/tree/home']],
])('%s is to be seen at %j', (path, places) => {
  expect(otherPlaces([path], MOUNTS)).toEqual(places);
});

test('a mount that only shows a part of a path is the business of whoever mounted it', () => {
  expect(otherPlaces(['/home/alice'], MOUNTS)).not.toContain('/srv/project');
});

test('file systems of the kernel’s, wherever they are', () => {
  expect(kernelPlaces(MOUNTS)).toEqual(['/proc', '/opt/tree/proc']);
});
