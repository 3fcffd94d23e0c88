using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansFlow.Errors;

namespace OrleansFlow.Hosting;

/// <summary>TLS of whoever calls a gateway: whom it trusts, and who it says that it is.</summary>
public static class GatewayTls
{
    /// <summary>Makes the TLS options of a caller.</summary>
    /// <param name="authorityPath">PEM file of the authorities that the gateway's certificate must come from; null: those of the system.</param>
    /// <param name="certificatePath">PKCS#12 file with the caller's own certificate and its key; null: none.</param>
    /// <param name="certificatePassword">Password of that file; null: none.</param>
    /// <returns>Null when nothing is given: the system's ways.</returns>
    /// <exception cref="FlowException"><c>bad_option</c>: a file cannot be used.</exception>
    public static SslClientAuthenticationOptions? Load(string? authorityPath, string? certificatePath, string? certificatePassword)
    {
        if (authorityPath is null && certificatePath is null)
        {
            return null;
        }

        var options = new SslClientAuthenticationOptions();
        if (certificatePath is not null)
        {
            var certificate = Read(certificatePath, () => X509CertificateLoader.LoadPkcs12FromFile(certificatePath, certificatePassword));
            options.ClientCertificates = [certificate];
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        if (authorityPath is not null)
        {
            var authorities = Read(authorityPath, () =>
            {
                var found = new X509Certificate2Collection();
                found.ImportFromPemFile(authorityPath);
                return found.Count > 0 ? found : throw new CryptographicException("it holds no certificate in PEM form");
            });
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }

    private static T Read<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.BadOption, $"TLS file '{path}' cannot be used: {exception.Message}", exception);
        }
    }
}
