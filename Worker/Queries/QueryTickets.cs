using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries;

/// <summary>Tickets of query tasks: the letters Q1 and a <see cref="TaskTicket"/>, so that other tickets of the same server can be told apart.</summary>
internal static class QueryTickets
{
    private static ReadOnlySpan<byte> Mark => "Q1"u8;

    public static FlightTicket Of(OutputRange range) => Of(new TaskTicket { Range = range });

    public static FlightTicket Of(TaskTicket ticket)
    {
        var bytes = new byte[Mark.Length + ticket.CalculateSize()];
        Mark.CopyTo(bytes);
        ticket.WriteTo(bytes.AsSpan(Mark.Length));
        return new FlightTicket(bytes);
    }

    /// <summary>Whether a ticket is one of these, well-formed or not.</summary>
    public static bool IsQuery(FlightTicket ticket) => ticket.Bytes.Span.StartsWith(Mark);

    /// <exception cref="FlowException"><c>bad_input</c>: it is not well-formed.</exception>
    public static TaskTicket Read(FlightTicket ticket)
    {
        if (!IsQuery(ticket))
        {
            throw new FlowException(FlowErrorCode.BadInput, "The ticket names nothing that a query worker has. Send the letters Q1 and a TaskTicket (query_v1.proto).");
        }

        return Read(TaskTicket.Parser, ticket.Bytes[Mark.Length..], "ticket");
    }

    /// <summary>Reads a message of an action or a ticket.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: it is not well-formed.</exception>
    public static T Read<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes, string what)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The {what} holds no well-formed {typeof(T).Name}: {exception.Message}", exception);
        }
    }
}
