using Google.Protobuf;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>A table that was divided into rows which tickets name. Each task reads them from its own worker, which sees the files that they lie in.</summary>
/// <param name="scan">Who reads it.</param>
/// <param name="emptyQuery">What a task without rows reads.</param>
/// <param name="ticketsOf">The tickets of a part.</param>
internal sealed class TicketScan(StageScan scan, string emptyQuery, Func<int, IEnumerable<string>> ticketsOf) : IQueryScan
{
    public TaskScan Of(int part, QueryPeer at)
    {
        var source = new FlightSource();
        if (part >= 0)
        {
            source.Parts.AddRange(ticketsOf(part).Select(ticket => new FlightPart { Location = at.Location, Ticket = ByteString.CopyFromUtf8(ticket) }));
        }

        return source.Parts.Count > 0 ? new TaskScan { Name = scan.Name, Flight = source } : new TaskScan { Name = scan.Name, Sql = emptyQuery };
    }
}
