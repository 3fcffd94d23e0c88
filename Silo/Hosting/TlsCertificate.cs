using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Reads the certificate of the listeners.</summary>
internal static class TlsCertificate
{
    /// <summary>The configured certificate; null without one.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: the file is no PKCS#12, its password is wrong, or it has no private key.</exception>
    public static X509Certificate2? Load(FlowSiloOptions options)
    {
        if (options.TlsCertificatePath is not { } path)
        {
            return null;
        }

        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12FromFile(path, options.TlsCertificatePassword);
            if (certificate.HasPrivateKey)
            {
                return certificate;
            }

            certificate.Dispose();
            throw new CryptographicException("it holds no private key");
        }
        catch (CryptographicException exception)
        {
            throw new FlowException(
                FlowErrorCode.BadOption,
                $"TLS certificate '{path}' cannot be used: {exception.Message}. Give a PKCS#12 file (.pfx) with its private key, and its password (--tls-password).",
                exception);
        }
    }
}
