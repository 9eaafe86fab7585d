import { nameMatcher } from '../shared/name-patterns.ts';
import { words } from '../shared/words.ts';

/*
 * Which settings of packages below `/etc` the sandbox never has, whoever may read them. These lists only name what is
 * known: a file that they do not name must still belong to root, be readable for everybody, and look like no credential.
 */

/** Names directly below `/etc`, with the reason. `*` matches anything. */
const LEFT_OUT: readonly { readonly names: string; readonly why: string }[] = [
  {
    names: `
      passwd* group* shadow* gshadow* subuid* subgid* sudo* doas* security pam* login.* opasswd nslcd* sssd krb5.keytab
      pwquality.conf polkit-1
    `,
    why: 'accounts and their rights, which mean nothing in the sandbox',
  },
  {
    names: 'profile profile.d bash.bashrc environment environment.d zsh csh* ksh* fish skel default',
    why: 'a login shell reads it: it may export tokens, and sets PATH anew',
  },
  {
    names: `
      init.d rc?.d rc*.d systemd cron* anacrontab at.* logrotate* rsyslog* udev modprobe.d modules* tmpfiles.d sysctl*
      kernel grub* initramfs-tools apparmor* selinux audit* dbus-1 logcheck insserv* needrestart update-* rc.local
    `,
    why: 'how the machine starts, and what it runs on its own',
  },
  {
    names: 'machine-id hostname hosts* resolv.conf mtab fstab crypttab adjtime motd* issue* exports',
    why: 'which machine this is; the sandbox has its own',
  },
  {
    names: `
      network* netplan NetworkManager wpa_supplicant ppp chatscripts wireguard openvpn ipsec* swanctl strongswan*
      xl2tpd iptables nftables* ufw dhcp* ssh samba cups postfix exim* msmtp* ssmtp mail* email-addresses aliases
      dovecot stunnel squid* tinyproxy privoxy cntlm.conf proxychains* freeradius snmp* zabbix* nagios* munin
    `,
    why: 'how the machine is connected: keys and passwords for networks, mail and proxies',
  },
  {
    names: `
      docker containerd containers cni crio* kubernetes rancher cloud waagent.conf google* amazon* azure* letsencrypt
      puppet* chef salt ansible vault* consul* nomad* teleport* tailscale
    `,
    why: 'how the machine is managed, and the way to its clusters',
  },
  {
    names: 'apt dpkg yum* dnf* zypp* pacman* apk pip.conf npmrc wgetrc curlrc gitconfig gemrc yarnrc condarc odbc.ini',
    why: 'it may name a registry, a repository or a database with its password',
  },
];

/** True for a name directly below `/etc` that stays out as a whole. */
export const isLeftOut = nameMatcher(LEFT_OUT.flatMap(({ names }) => words(names)));

/** Parts of names that files and directories with credentials have, at any depth: `auth.conf.d`, `jmxremote.password`. */
const CREDENTIAL_NAME =
  /(^|[._-])(passw(or)?ds?|passphrase|secrets?|credentials?|tokens?|auth|keytab|netrc|pgpass|htpasswd|private|keys?)([._-]|$)/i;

/** How stores of keys end. Certificates without a key (`.pem`, `.crt`) are known by their content. */
const KEY_STORE = /\.(p12|pfx|jks|keystore|kdbx?|ppk|gpg|pgp)$/i;

/** Files and directories in which programs keep passwords although their names do not say so. */
const KNOWN = new Set(
  words(`
    settings.xml settings-security.xml init.d gradle.properties tomcat-users.xml auth.json .condarc condarc npmrc pip.conf
    gitconfig wgetrc debian.cnf kubeconfig kubelet.conf admin.conf
  `),
);

/** True for a name of a file or a directory that promises credentials. */
export function isCredentialFile(name: string): boolean {
  return KNOWN.has(name) || CREDENTIAL_NAME.test(name) || KEY_STORE.test(name);
}
