using Google.Protobuf;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Names and tickets of <c>query_v1.proto</c>.</summary>
internal static class QueryActions
{
    public const string SetPlans = "orleansflow.query.set-plans";
    public const string Cancel = "orleansflow.query.cancel";
    public const string Watch = "orleansflow.query.watch";
    public const string WorkerInfo = "orleansflow.query.worker-info";

    private static ReadOnlySpan<byte> Mark => "Q1"u8;

    /// <summary>The ticket of a part of a task's rows.</summary>
    public static FlightTicket TicketOf(OutputRange range)
    {
        var ticket = new TaskTicket { Range = range };
        var bytes = new byte[Mark.Length + ticket.CalculateSize()];
        Mark.CopyTo(bytes);
        ticket.WriteTo(bytes.AsSpan(Mark.Length));
        return new FlightTicket(bytes);
    }
}
