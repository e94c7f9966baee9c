//! Which certificate authorities are trusted, and what that costs.
//!
//! The machine's own list is read and parsed for each HTTP client: 5-8 ms of a whole core, of which a small Lambda
//! function has a part. There, the list that is compiled in takes its place (Mozilla's, as of the build). An operator
//! whose connections are opened on the way, and signed by an authority of their own, says so with `SSL_CERT_FILE` or
//! `SSL_CERT_DIR`, and the machine's list is used as at a desk. Nothing is read or verified here.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// Which certificate authorities are trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those of this machine, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    #[default]
    Machine,
    /// Those that are compiled in.
    CompiledIn,
}

/// All that are compiled in, in the one form that the AWS SDK takes.
static PEM: LazyLock<String> = LazyLock::new(|| {
    let lines = |der: &[u8]| {
        let text = STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    };
    TLS_SERVER_ROOT_CERTS.iter().map(|certificate| lines(certificate)).collect()
});

impl Trust {
    /// The certificates that alone are trusted, in DER; `None` where it is for the machine to say.
    pub fn der(self) -> Option<impl Iterator<Item = &'static [u8]>> {
        (self == Trust::CompiledIn).then(|| TLS_SERVER_ROOT_CERTS.iter().map(AsRef::as_ref))
    }

    /// The same, as one PEM text.
    #[must_use]
    pub fn pem(self) -> Option<&'static str> {
        (self == Trust::CompiledIn).then(|| PEM.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compiled_in_authority_is_one_and_both_forms_hold_them_all() {
        let ders: Vec<&[u8]> = Trust::CompiledIn.der().unwrap().collect();
        assert!(ders.len() > 100, "{}", ders.len());
        for der in &ders {
            reqwest::Certificate::from_der(der).unwrap();
        }
        let pem = Trust::CompiledIn.pem().unwrap();
        let bundle = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).unwrap();
        assert_eq!(bundle.len(), ders.len());
    }

    #[test]
    fn the_machine_speaks_for_itself() {
        assert!(Trust::Machine.der().is_none() && Trust::Machine.pem().is_none());
    }
}
