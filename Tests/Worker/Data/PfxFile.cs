using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansFlow.Tests.Worker.Data;

/// <summary>A self-signed certificate for 127.0.0.1 in a file.</summary>
internal sealed class PfxFile : IDisposable
{
    public const string Password = "test-only";

    private readonly string _folder = Directory.CreateTempSubdirectory("pfx-").FullName;

    public PfxFile()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        Thumbprint = made.GetCertHashString();
        Path = System.IO.Path.Combine(_folder, "worker.pfx");
        File.WriteAllBytes(Path, made.Export(X509ContentType.Pfx, Password));
    }

    public string Path { get; }

    public string Thumbprint { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
