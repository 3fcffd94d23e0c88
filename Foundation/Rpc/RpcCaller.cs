using System.Security.Cryptography.X509Certificates;

namespace OrleansFlow.Rpc;

/// <summary>Who makes a call. Immutable, so one may stand for many calls.</summary>
/// <param name="Name">The name that was proved; empty for nobody.</param>
/// <param name="Scheme">How it was proved: <see cref="Bearer"/>, <see cref="Certificate"/>, a scheme of the server's own, or <see cref="None"/>.</param>
public sealed record RpcCaller(string Name, string Scheme)
{
    /// <summary>Scheme of whoever presented a bearer token.</summary>
    public const string Bearer = "bearer";

    /// <summary>Scheme of whoever presented a certificate.</summary>
    public const string Certificate = "certificate";

    /// <summary>Scheme of whoever proved nothing.</summary>
    public const string None = "none";

    /// <summary>Nobody that is known.</summary>
    public static RpcCaller Nobody { get; } = new("", None);

    /// <summary>Whether a name was proved.</summary>
    public bool IsKnown => Scheme != None;

    /// <summary>Whom a certificate names: the common name of its subject, else the whole subject.</summary>
    public static RpcCaller Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return new RpcCaller(string.IsNullOrEmpty(name) ? certificate.Subject : name, Certificate);
    }
}
