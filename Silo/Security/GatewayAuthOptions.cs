namespace OrleansFlow.Silo.Security;

/// <summary>Who may call the gateway. Section: <c>OrleansFlow:Auth</c>.</summary>
public sealed class GatewayAuthOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Auth";

    /// <summary>A token of the operator's choice that is accepted beside the signed ones; setting it makes a token necessary.</summary>
    /// <value>Default null: none. At least 16 characters, printable ASCII without blanks.</value>
    public string? Token { get; set; }

    /// <summary>Whether calls need a token even where none is configured; the signed one in <c>endpoints.json</c> then lets them in.</summary>
    /// <value>Default false.</value>
    public bool RequireToken { get; set; }

    /// <summary>
    /// Whether a client certificate lets a call in without a token. Only where the listener's TLS options refuse every certificate that is not
    /// yours. A silo with client authorities (<c>--tls-client-ca</c>) sets it.
    /// </summary>
    /// <value>Default false.</value>
    public bool TrustsClientCertificates { get; set; }

    /// <summary>Whether a call needs a token.</summary>
    internal bool TokenNeeded => RequireToken || Token is not null;
}
