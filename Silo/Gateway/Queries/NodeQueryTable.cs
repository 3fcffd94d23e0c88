using Google.Protobuf;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>A call of a user's node in a query. Each task gets a part of it, as the codec encodes it.</summary>
/// <param name="call">The call.</param>
/// <param name="emptyQuery">A query with its columns and without rows.</param>
/// <param name="extensions">The codecs.</param>
internal sealed class NodeQueryTable(PlannedCall call, string emptyQuery, GatewayExtensions extensions) : IQueryTable
{
    public string Name => call.Table;

    // What a user's code reads is not known.
    public bool MayChange => true;

    public Task<IQueryScan> SplitAsync(StageScan scan, CancellationToken cancellationToken)
    {
        var count = Math.Clamp(scan.TaskCount, 1, Math.Max(1, call.Shape.PartCountMax));
        var bodies = new ByteString[count];
        for (var part = 0; part < count; part++)
        {
            bodies[part] = ByteString.CopyFrom(extensions.Encode(new PlanNodeCall(call.Arguments.Function, call.Arguments, part, count)).Span);
        }

        return Task.FromResult<IQueryScan>(new Parts(scan.Name, call.Arguments.Function, emptyQuery, bodies));
    }

    private sealed class Parts(string name, string node, string emptyQuery, ByteString[] bodies) : IQueryScan
    {
        public TaskScan Of(int part, QueryPeer at) => part >= 0 && part < bodies.Length
            ? new TaskScan { Name = name, Node = new CustomNode { Codec = node, Body = bodies[part] } }
            : new TaskScan { Name = name, Sql = emptyQuery };
    }
}
