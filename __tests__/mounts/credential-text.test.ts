import { describe, expect, test } from 'vitest';
import { looksLikeCredential } from '../../src/mounts/credential-text.ts';

describe('may contain a credential', () => {
  test.each([
    ['pip', '[global]\nindex-url = https://user:hunter2@pypi.corp.example/simple'],
    ['pip, with a token alone', 'index-url=https://token@pypi.corp.example/simple'],
    ['npm', '//registry.corp.example/:_authToken=abc'],
    ['npm, older', '_auth = dXNlcjpwYXNz'],
    ['npm, a password', '//registry.corp.example/:_password="aHVudGVyMg=="'],
    ['mysql', '[client]\nuser = root\npassword = hunter2'],
    ['a shell', 'export HTTP_TOKEN="abc"'],
    ['a shell, in any case', 'readonly DbPassword=hunter2'],
    ['a JSON document', '{"auths": {"ghcr.io": {"auth": "dXNlcjpwYXNz"}}}'],
    ['a JSON document on one line', '{"user":"a","client_secret":"b"}'],
    ['YAML', 'database:\n  password: hunter2'],
    ['XML', '<server><password>hunter2</password></server>'],
    ['netrc', 'machine example.com login me password hunter2'],
    ['netrc on lines', 'machine example.com\n  login me\n  password hunter2'],
    ['msmtp', 'account default\npassword   hunter2'],
    ['ldap', 'bindpw hunter2'],
    ['git', '[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic eDp5'],
    ['curl', 'header = "Authorization: Bearer abc"'],
    ['a proxy', 'http_proxy=http://me:hunter2@proxy.corp.example:3128'],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMII'],
    ['a private key in JSON', '{"k": "-----BEGIN PRIVATE KEY-----\\nMII"}'],
    ['a private key at the end', 'x\n-----BEGIN OPENSSH PRIVATE KEY-----'],
    ['a token of a known form, in a comment', '# was ghp_abcdefghijklmnopqrstuvwxyz0123456789'],
    ['an access key', 'aws_secret_access_key = wJalrXUtnFEMI'],
    ['ODBC', '[db]\nDriver = x\nPWD = hunter2'],
    ['a password with a sign', 'password=$ecret'],
    ['lines that end as in Windows', 'user=a\r\npassword=b\r\n'],
  ])('%s', (_, text) => {
    expect(looksLikeCredential(text)).toBe(true);
  });
});

describe('is harmless', () => {
  test.each([
    ['nothing', ''],
    ['an example in a comment', '# password = secret\n; token=abc\n  // secret: x'],
    ['an empty value', 'mysqli.default_pw =\nsmtp_password=\n'],
    ['a placeholder', 'command="gs -sPDFPassword=%a"\npassword=${DB_PASSWORD}\ntoken = <your token>'],
    ['a URL without a user', 'mirror = https://mirror.example/debian\ncontact = https://example.com/a@b'],
    ['words that contain the words', 'keyboard = de\npassthrough = yes\ntokenizer = simple\nauthor = me'],
    ['the beginning of a key, which a program looks for', '<mime magic="-----BEGIN PGP PRIVATE KEY BLOCK-" />'],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nMIIB'],
  ])('%s', (_, text) => {
    expect(looksLikeCredential(text)).toBe(false);
  });
});
