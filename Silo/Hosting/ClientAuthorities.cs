using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Whose certificates callers may present: those that chain to one of some authorities, are valid now and are for clients.</summary>
internal sealed class ClientAuthorities
{
    // id-kp-clientAuth of RFC 5280.
    private const string ClientPurpose = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2Collection _authorities;
    private readonly TimeProvider _clock;

    private ClientAuthorities(X509Certificate2Collection authorities, TimeProvider clock)
    {
        _authorities = authorities;
        _clock = clock;
    }

    /// <summary>The configured authorities; null without any.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: the file holds no certificate in PEM form, or cannot be read.</exception>
    public static ClientAuthorities? Load(FlowSiloOptions options)
    {
        if (options.TlsClientAuthorityPath is not { } path)
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw Refuse(path, exception.Message, exception);
        }

        return authorities.Count > 0 ? new ClientAuthorities(authorities, options.Clock) : throw Refuse(path, "it holds no certificate", null);
    }

    /// <summary>Whether a presented certificate is one of theirs. Revocation lists are not asked.</summary>
    /// <param name="certificate">What the caller presented.</param>
    /// <param name="presented">What it sent beside it; intermediate authorities are taken from there.</param>
    public bool Vouch(X509Certificate2 certificate, X509Chain? presented)
    {
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                VerificationTime = _clock.GetUtcNow().UtcDateTime,
                ApplicationPolicy = { new Oid(ClientPurpose) },
            },
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        if (presented is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainElements.Select(element => element.Certificate).ToArray());
        }

        return chain.Build(certificate);
    }

    private static FlowException Refuse(string path, string why, Exception? cause) => new(
        FlowErrorCode.BadOption, $"Client authority file '{path}' cannot be used: {why}. Give a PEM file with one or more certificates of authorities.", cause);
}
