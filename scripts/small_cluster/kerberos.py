"""A realm of Kerberos on this machine: Debian's KDC (krb5-kdc and krb5-user), with HDFS and one account in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

from scripts.small_cluster.ports import free_port
from scripts.small_cluster.processes import end, start, until

KDC = Path("/usr/sbin/krb5kdc")
_REALM = "BUREAU.TEST"
_SERVER, _ACCOUNT = f"hdfs/127.0.0.1@{_REALM}", f"fundwatch@{_REALM}"
_PAGES = f"HTTP/127.0.0.1@{_REALM}"


@dataclass(frozen=True)
class Realm:
    """The folder with its configuration, keys and the account's tickets."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """By it Kerberos' programs, our client and Java find the realm and the account's tickets."""
        conf = self.folder / "krb5.conf"
        return {
            "KRB5_CONFIG": str(conf),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
            "KRB5CCNAME": f"FILE:{self.folder / 'tickets'}",
            "JAVA_TOOL_OPTIONS": f"-Djava.security.krb5.conf={conf}",
        }

    def of_core_site(self) -> Mapping[str, str]:
        """What all of a cluster know of it; who bears the servers' key is the account that started them."""
        own = f"RULE:[2:$1@$0](hdfs@{_REALM})s/.*/{getuser()}/\nDEFAULT"
        security = "hadoop.security"
        return {
            f"{security}.authentication": "kerberos",
            f"{security}.authorization": "true",
            f"{security}.auth_to_local": own,
        }

    def of_hdfs_site(self) -> Mapping[str, str]:
        """What HDFS is in it."""
        keys = str(self.folder / "server.keytab")
        who = {f"dfs.{one}.kerberos.principal": _SERVER for one in ("namenode", "datanode")}
        where = {f"dfs.{one}.keytab.file": keys for one in ("namenode", "datanode")}
        pages = "dfs.web.authentication.kerberos"
        return {
            **who, **where, f"{pages}.principal": _PAGES, f"{pages}.keytab": keys,
            "dfs.block.access.token.enable": "true",
            "ignore.secure.ports.for.testing": "true",  # a data node would have to be started by root on a low port
        }  # fmt: skip

    def take_ticket(self, seconds: int = 36_000, *, of_server: bool = False) -> None:
        """Take a ticket that is good for so long: the account's, or that of HDFS itself."""
        keys, who = ("server", _SERVER) if of_server else ("account", _ACCOUNT)
        self._run("kinit", "-l", f"{seconds}s", "-k", "-t", str(self.folder / f"{keys}.keytab"), who)

    def drop_ticket(self) -> None:
        """Leave the account without one."""
        (self.folder / "tickets").unlink(missing_ok=True)

    def _run(self, *command: str) -> None:
        environment = {**os.environ, **self.environment}
        program = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin") or command[0]
        subprocess.run([program, *command[1:]], env=environment, check=True, capture_output=True)


@contextmanager
def realm(folder: Path) -> Iterator[Realm]:
    """A realm whose KDC ends with the block."""
    folder.mkdir(parents=True)
    made, address = Realm(folder), f"127.0.0.1:{free_port()}"
    (folder / "krb5.conf").write_text(
        f"[libdefaults]\ndefault_realm = {_REALM}\ndns_lookup_kdc = false\nrdns = false\n"
        f"dns_canonicalize_hostname = false\nudp_preference_limit = 1\n[realms]\n{_REALM} = {{\nkdc = {address}\n}}\n"
    )
    (folder / "kdc.conf").write_text(
        f"[realms]\n{_REALM} = {{\nkdc_listen = {address}\nkdc_tcp_listen = {address}\n"
        f"database_name = {folder}/principal\nkey_stash_file = {folder}/stash\nacl_file = {folder}/acl\n}}\n"
    )
    made._run("kdb5_util", "create", "-s", "-P", "secret", "-r", _REALM)
    for keys, principals in (("server", (_SERVER, _PAGES)), ("account", (_ACCOUNT,))):
        for principal in principals:
            made._run("kadmin.local", "-q", f"addprinc -randkey {principal}")
            made._run("kadmin.local", "-q", f"ktadd -k {folder}/{keys}.keytab {principal}")
    kdc = start([str(KDC), "-n"], folder / "kdc.log", made.environment)
    try:
        until(lambda: _gives_tickets(made))
        yield made
    finally:
        end([kdc])


def _gives_tickets(made: Realm) -> bool:
    try:
        made.take_ticket()
    except subprocess.CalledProcessError:  # it does not listen yet
        return False
    made.drop_ticket()
    return True
