using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A certificate authority that issues certificates for tests.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ClientPurpose = "1.3.6.1.5.5.7.3.2";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private long _serial;

    public TestAuthority(string subject)
    {
        var request = new CertificateRequest(subject, _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }

    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>A certificate with its private key.</summary>
    public X509Certificate2 Issue(string subject, DateTimeOffset? from = null, DateTimeOffset? to = null, string purpose = ClientPurpose)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(
            _certificate, from ?? DateTimeOffset.UnixEpoch, to ?? DateTimeOffset.UnixEpoch.AddYears(150), BitConverter.GetBytes(Interlocked.Increment(ref _serial)));
        using var whole = issued.CopyWithPrivateKey(key);

        // Some platforms use keys of files only in TLS.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
