using System.Security.Cryptography.X509Certificates;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <summary>What a caller says before the first message.</summary>
/// <param name="Ticket">What the stream is about: opaque bytes that the listener's side made and understands.</param>
/// <param name="Headers">Metadata beside it; <c>authorization</c> holds the token.</param>
/// <param name="Peer">Where the caller is, as <c>ipv4:127.0.0.1:50000</c> or <c>unix:</c>.</param>
/// <param name="ClientCertificate">The certificate that it presented, checked as far as the listener's TLS options check it; null for none.</param>
public sealed record ExchangeHello(FlightTicket Ticket, RpcMetadata Headers, string Peer, X509Certificate2? ClientCertificate)
{
    private const string BearerScheme = "Bearer ";

    /// <summary>The bearer token; null when none was sent.</summary>
    public string? BearerToken => Headers.GetValue("authorization") is { } value && value.StartsWith(BearerScheme, StringComparison.OrdinalIgnoreCase)
        ? value[BearerScheme.Length..].Trim()
        : null;
}
