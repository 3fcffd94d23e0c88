using Google.Protobuf;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Silo.Security;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>What a ticket of Flight SQL stands for.</summary>
/// <param name="Id">Tells two asks for the same statement apart, for cancelling.</param>
/// <param name="Command">The command in its envelope.</param>
/// <param name="Parameters">Values for it as an Arrow stream; empty for none.</param>
internal sealed record SqlTicket(string Id, byte[] Command, byte[] Parameters);

/// <summary>Tickets of Flight SQL: sealed, so that nobody reads, changes or makes one, and good for a time.</summary>
internal sealed class SqlTickets(SealedBytes seal, IIdSource ids, IOptions<FlightGatewayOptions> options)
{
    private const string What = "ticket";

    private readonly TimeSpan _lifetime = options.Value.TicketLifetime;

    /// <summary>The endpoint where a command's rows are.</summary>
    public FlightEndpoint Endpoint(ReadOnlySpan<byte> command, ReadOnlySpan<byte> parameters) => Endpoint(New(command, parameters));

    /// <summary>A ticket that nobody has yet.</summary>
    public SqlTicket New(ReadOnlySpan<byte> command, ReadOnlySpan<byte> parameters) => new(ids.NewId(), command.ToArray(), parameters.ToArray());

    /// <summary>The same endpoint, good for the whole time again.</summary>
    public FlightEndpoint Endpoint(SqlTicket ticket)
    {
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory))
        {
            writer.Write(ticket.Id);
            writer.Write7BitEncodedInt(ticket.Command.Length);
            writer.Write(ticket.Command);
            writer.Write(ticket.Parameters);
        }

        var (handle, expiresUtc) = seal.Seal(memory.ToArray(), _lifetime);
        var bytes = FlightSqlCommand.Pack(new TicketStatementQuery { StatementHandle = UnsafeByteOperations.UnsafeWrap(handle) });

        // Without a location it is good where it was made; a named one is taken for another server by clients that know only one.
        return new FlightEndpoint(new FlightTicket(bytes), [], expiresUtc);
    }

    /// <summary>What a ticket stands for; null when it is none of Flight SQL.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: forged, foreign, expired, or of another kind.</exception>
    public SqlTicket? TryRedeem(FlightTicket ticket) => FlightSqlCommand.TryUnpack(ticket.Bytes) switch
    {
        null => null,
        TicketStatementQuery statement => Read(seal.Open(What, statement.StatementHandle.Span)),
        var other => throw new FlowException(FlowErrorCode.BadInput, $"A {other.Descriptor.Name} is no ticket; ask GetFlightInfo for one."),
    };

    private static SqlTicket Read(byte[] content)
    {
        using var reader = new BinaryReader(new MemoryStream(content));
        var id = reader.ReadString();
        var command = reader.ReadBytes(reader.Read7BitEncodedInt());
        return new SqlTicket(id, command, reader.ReadBytes(content.Length));
    }
}
