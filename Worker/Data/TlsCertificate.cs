using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Data;

/// <summary>Reads the certificate of a listener.</summary>
internal static class TlsCertificate
{
    /// <summary>A certificate with its private key.</summary>
    /// <param name="path">A PKCS#12 file; null for none.</param>
    /// <param name="password">Its password; null for none.</param>
    /// <param name="setting">What named the file, for the message.</param>
    /// <param name="passwordSetting">What names its password, for the message.</param>
    /// <returns>The certificate, which is the caller's; null without a path.</returns>
    /// <exception cref="FlowException"><c>bad_option</c>: the file is no PKCS#12, its password is wrong, or it has no private key.</exception>
    public static X509Certificate2? Load(string? path, string? password, string setting, string passwordSetting)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12FromFile(path, password);
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
                $"{setting} '{path}' cannot be used: {exception.Message}. Give a PKCS#12 file (.pfx) with its private key, and its password ({passwordSetting}).",
                exception);
        }
    }
}
