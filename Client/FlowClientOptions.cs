namespace OrleansFlow.Client;

/// <summary>Which gateway to call and how long to wait for it. Section: <c>OrleansFlow:Client</c>.</summary>
public sealed class FlowClientOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Client";

    /// <summary>Address of the gateway, for example <c>http://127.0.0.1:8420</c>; null: found by <c>FLOW_GATEWAY</c>, then <c>endpoints.json</c>.</summary>
    public string? Gateway { get; set; }

    /// <summary>Token for the calls; null: <c>FLOW_TOKEN</c>, then the one in <c>endpoints.json</c>, then none.</summary>
    public string? Token { get; set; }

    /// <summary>Data folder whose <c>endpoints.json</c> names the gateway; null: <c>FLOW_DATA</c>, then <c>.flow/data</c> and <c>.flow/demo</c>.</summary>
    public string? DataFolder { get; set; }

    /// <summary>PEM file of the authorities that the gateway's TLS certificate must come from.</summary>
    /// <value>Default null: those that the system trusts.</value>
    public string? TlsAuthorityPath { get; set; }

    /// <summary>PKCS#12 file with a certificate of one's own and its key, for gateways that take client certificates.</summary>
    /// <value>Default null: none.</value>
    public string? TlsCertificatePath { get; set; }

    /// <summary>Password of <see cref="TlsCertificatePath"/>.</summary>
    /// <value>Default null: none.</value>
    public string? TlsCertificatePassword { get; set; }

    /// <summary>Longest time of one call that is not a stream. Longer: a dead gateway is noticed later.</summary>
    /// <value>Default 30 s. Range 100 ms to 1 h.</value>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
