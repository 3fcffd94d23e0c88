using Microsoft.Extensions.Options;
using OrleansFlow.Flight;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Silo.Security;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Tickets of this cluster: signed, so that holding one is the right to fetch what it names, until it expires.</summary>
internal sealed class FlightTickets(SignedText signed, GatewayAddress address, IOptions<FlightGatewayOptions> options)
{
    private readonly TimeSpan _lifetime = options.Value.TicketLifetime;

    /// <summary>Where and with what the data of a path is fetched.</summary>
    public FlightEndpoint Endpoint(FlightPath path)
    {
        var (text, expiresUtc) = signed.Make(SignedText.TicketKind, path.ToString(), _lifetime);

        // Without a location the ticket is good at the gateway that gave it.
        return new FlightEndpoint(FlightTicket.FromText(text), address.FlightLocation is { } location ? [location] : [], expiresUtc);
    }

    /// <summary>What a ticket names.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>bad_input</c>: forged, expired, or no ticket.</exception>
    public FlightPath Redeem(FlightTicket ticket) => FlightPaths.Parse(signed.Read(SignedText.TicketKind, ticket.AsText()));
}
