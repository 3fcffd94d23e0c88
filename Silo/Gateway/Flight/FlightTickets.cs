using Microsoft.Extensions.Options;
using OrleansFlow.Flight;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Silo.Security;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Tickets of this cluster: signed, so that holding one is the right to fetch what it names, until it expires.</summary>
internal sealed class FlightTickets(SignedText signed, GatewayAddress address, IOptions<FlightGatewayOptions> options)
{
    private readonly TimeSpan _lifetime = options.Value.TicketLifetime;

    /// <summary>Where and with what the data of a path is fetched: from this gateway.</summary>
    public FlightEndpoint Endpoint(FlightPath path)
    {
        var (text, expiresUtc) = signed.Make(SignedText.TicketKind, path.ToString(), _lifetime);

        // Without a location the ticket is good at the gateway that gave it.
        return new FlightEndpoint(FlightTicket.FromText(text), address.FlightLocation is { } location ? [location] : [], expiresUtc);
    }

    /// <summary>Where and with what a part of a node's output is fetched: from a worker, or from this gateway by whoever cannot reach it.</summary>
    /// <param name="path">The node.</param>
    /// <param name="part">The batches.</param>
    /// <param name="worker">A worker that has them; null for none.</param>
    public FlightEndpoint Endpoint(FlightPath path, IReadOnlyList<ArtifactSpan> part, Uri? worker)
    {
        var (text, expiresUtc) = signed.Make(SignedText.TicketKind, $"{path}/{ArtifactSpan.Format(part)}", _lifetime);
        string[] gateway = address.FlightLocation is { } location ? [location] : worker is null ? [] : [FlightEndpoint.ReuseConnection];
        return new FlightEndpoint(FlightTicket.FromText(text), worker is null ? gateway : [worker.OriginalString, .. gateway], expiresUtc);
    }

    /// <summary>The same endpoint with the whole time again.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>bad_input</c>: forged, expired, or no ticket.</exception>
    public FlightEndpoint Renew(FlightEndpoint endpoint)
    {
        var (text, expiresUtc) = signed.Make(SignedText.TicketKind, Redeem(endpoint.Ticket), _lifetime);
        return endpoint with { Ticket = FlightTicket.FromText(text), ExpiresAtUtc = expiresUtc };
    }

    /// <summary>What a ticket names.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>bad_input</c>: forged, expired, or no ticket.</exception>
    public string Redeem(FlightTicket ticket) => signed.Read(SignedText.TicketKind, ticket.AsText());
}
