/** Java's two HTTP clients, without proxy settings, and Maven with a parent and a library from a repository. */

import { createHash } from 'node:crypto';
import { missing, type BuildTool, type Files } from './build-tool.ts';
import { writeZip } from '../zip.ts';

const FETCH = `
import java.net.*;
import java.net.http.*;
class Fetch {
  public static void main(String[] args) throws Exception {
    URI uri = URI.create(args[0]);
    String one = new String(uri.toURL().openStream().readAllBytes());
    String other = HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()).body();
    System.out.println("built: " + one + " " + other);
  }
}`;

/** A JVM trusts its own list of CAs, in its own format. */
const TRUST = `
  keytool -importcert -noprompt -alias test -file "$CA" -keystore trust.p12 -storepass secret 2>&1
  export JAVA_TOOL_OPTIONS="$JAVA_TOOL_OPTIONS -Djavax.net.ssl.trustStore=$PWD/trust.p12 -Djavax.net.ssl.trustStorePassword=secret"`;

export const JAVA: BuildTool = {
  name: 'java',
  missing: missing('java', '--version') ?? missing('keytool', '-help') ?? missing('javac', '--version'),
  registry: () => ({ '/hello': 'java' }),
  project: () => ({ 'Fetch.java': FETCH }),
  script: `${TRUST}\n  java Fetch.java "$REGISTRY/hello"`,
  built: 'built: java java',
};

const GROUP = 'example.awf';
const pom = (artifact: string, rest = ''): string =>
  `<project><modelVersion>4.0.0</modelVersion><groupId>${GROUP}</groupId><artifactId>${artifact}</artifactId>
   <version>1.0</version>${rest}</project>`;
const parent = (artifact: string): string =>
  `<parent><groupId>${GROUP}</groupId><artifactId>${artifact}</artifactId><version>1.0</version><relativePath/></parent>`;
const PLEXUS = pom('plexus-utils').replace(GROUP, 'org.codehaus.plexus').replace('1.0', '1.1');
/** Overrides the repository `central`, so that Maven never asks the real Maven Central. */
const repository = (kind: string, element: string): string =>
  `<${kind}><${element}><id>central</id><url>\${registry}</url></${element}></${kind}>`;

const JAR = writeZip({ 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n' });

/** https://maven.apache.org/repositories/layout.html */
function artifact(group: string, name: string, version: string, extension: string, content: string | Buffer): Files {
  const path = `/${group.replaceAll('.', '/')}/${name}/${version}/${name}-${version}.${extension}`;
  return { [path]: content, [`${path}.sha1`]: createHash('sha1').update(content).digest('hex') };
}

export const MAVEN: BuildTool = {
  name: 'maven',
  missing: JAVA.missing ?? missing('mvn', '--version'),
  registry: () => ({
    ...artifact(GROUP, 'parent', '1.0', 'pom', pom('parent', '<packaging>pom</packaging>')),
    ...artifact(GROUP, 'extension', '1.0', 'pom', pom('extension')),
    ...artifact(GROUP, 'extension', '1.0', 'jar', JAR),
    // Maven 3 adds this dependency to every extension.
    ...artifact('org.codehaus.plexus', 'plexus-utils', '1.1', 'pom', PLEXUS),
    ...artifact('org.codehaus.plexus', 'plexus-utils', '1.1', 'jar', JAR),
  }),
  // Plug-ins would need half of Maven Central. Maven itself fetches an extension in the same way.
  project: () => ({
    'pom.xml': `<project><modelVersion>4.0.0</modelVersion>${parent('parent')}<artifactId>project</artifactId>
      <name>built: maven</name>${repository('repositories', 'repository')}${repository('pluginRepositories', 'pluginRepository')}
      <build><extensions><extension><groupId>${GROUP}</groupId><artifactId>extension</artifactId>
      <version>1.0</version></extension></extensions></build></project>`,
  }),
  script: `${TRUST}\n  sed -i "s|\\\${registry}|$REGISTRY|g" pom.xml\n  mvn --batch-mode validate`,
  built: 'built: maven',
};
