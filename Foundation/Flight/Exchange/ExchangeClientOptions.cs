using System.Net.Security;

namespace OrleansFlow.Flight.Exchange;

/// <summary>How a client of exchanges reaches listeners.</summary>
public sealed class ExchangeClientOptions : ExchangeOptions
{
    /// <summary>Gives the bearer token of a stream, asked anew for each so that it may expire; null for none.</summary>
    public Func<CancellationToken, ValueTask<string?>>? BearerToken { get; set; }

    /// <summary>Certificates to trust or to present on <c>exchange+tls</c>; null for the system's defaults.</summary>
    public SslClientAuthenticationOptions? Tls { get; set; }
}
