using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Queries;
using OrleansFlow.Worker.Queries.Sinks;

namespace OrleansFlow.Tests.Silo.Queries;

/// <content>What a task does: its views, its text, and the dealing of its rows.</content>
internal sealed partial class TinyQueryWorker
{
    private async Task<List<RecordBatch>[][]> ExecuteAsync(TaskPlan plan, TinyTask task, CancellationToken cancellationToken)
    {
        await using var session = _engine.OpenSession();
        foreach (var scan in plan.Scans)
        {
            if (scan.SourceCase == TaskScan.SourceOneofCase.Sql)
            {
                await session.ExecuteAsync($"CREATE OR REPLACE TEMP VIEW {scan.Name} AS {scan.Sql}", null, cancellationToken);
                continue;
            }

            Assert.All(scan.Flight.Parts, part => Assert.Equal(Peer.Location, part.Location));
            await RegisterAsync(session, scan.Name, scan.Flight.Parts.Select(part => (part.Location, new FlightTicket(part.Ticket.Memory), (TaskKey?)null)), cancellationToken);
        }

        foreach (var input in plan.Inputs)
        {
            await ReadInputAsync(session, input, cancellationToken);
        }

        var (schema, rows) = plan.Sink is { } sink
            ? (SinkWriter.Schema, [await new SinkWriter(session, sink, plan.Key).WriteAsync(plan.Sql, cancellationToken)])
            : await ReadAllAsync(session, plan.Sql, cancellationToken);
        task.Schema = schema;
        var outputs = new List<RecordBatch>[Math.Max(1, plan.Outputs.Count)][];
        for (var index = 0; index < outputs.Length; index++)
        {
            outputs[index] = index < plan.Outputs.Count ? await DealAsync(session, plan.Outputs[index], schema, rows, cancellationToken) : [rows];
        }

        return outputs;
    }

    private static async Task ReadInputAsync(EngineSession session, TaskInput input, CancellationToken cancellationToken)
    {
        if (input.Sources.Count == 0)
        {
            var columns = input.ColumnTypes.Select((type, index) => string.Create(CultureInfo.InvariantCulture, $"CAST(NULL AS {type}) AS c{index}"));
            await session.ExecuteAsync($"CREATE OR REPLACE TEMP VIEW {input.Name} AS SELECT {string.Join(", ", columns)} WHERE false", null, cancellationToken);
            return;
        }

        var order = string.Join(", ", input.Order.Select(key => string.Create(
            CultureInfo.InvariantCulture, $"c{key.Column} {(key.Descending ? "DESC" : "ASC")} NULLS {(key.NullsFirst ? "FIRST" : "LAST")}")));
        var name = order.Length > 0 ? "raw_" + input.Name : input.Name;
        await RegisterAsync(session, name, input.Sources.Select(source => (source.Location, QueryTickets.Of(source.Range), (TaskKey?)source.Range.Key)), cancellationToken);
        if (order.Length > 0)
        {
            await session.ExecuteAsync($"CREATE OR REPLACE TEMP VIEW {input.Name} AS SELECT * FROM {name} ORDER BY {order}", null, cancellationToken);
        }
    }

    private static async Task RegisterAsync(
        EngineSession session, string name, IEnumerable<(string Location, FlightTicket Ticket, TaskKey? Key)> sources, CancellationToken cancellationToken)
    {
        ArrowSchema? schema = null;
        var batches = new List<RecordBatch>();
        foreach (var (location, ticket, key) in sources)
        {
            try
            {
                await using var channel = RpcChannel.ForAddress(DataLocations.HttpOf(new Uri(location)));
                await using var reader = new FlightClient(channel, WorkerDataService.FlightLimits).DoGet(ticket, new RpcCallOptions(CancellationToken: cancellationToken));
                schema = await reader.GetSchemaAsync(cancellationToken);
                await foreach (var batch in reader.WithCancellation(cancellationToken))
                {
                    batches.Add(batch);
                }
            }
            catch (RpcException exception)
            {
                exception.Data["lost"] = key;
                throw;
            }
        }

        await session.RegisterBatchesAsync(name, schema!, batches, cancellationToken);
        batches.ForEach(batch => batch.Dispose());
    }

    private static async Task<(ArrowSchema Schema, List<RecordBatch> Rows)> ReadAllAsync(EngineSession session, string sql, CancellationToken cancellationToken)
    {
        await using var result = await session.QueryAsync(sql, null, cancellationToken);
        var rows = new List<RecordBatch>();
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            rows.Add(batch);
        }

        return (result.Schema, rows);
    }

    private static async Task<List<RecordBatch>[]> DealAsync(
        EngineSession session, TaskOutput output, ArrowSchema schema, List<RecordBatch> rows, CancellationToken cancellationToken)
    {
        if (output.PartitionCount == 1)
        {
            return [rows];
        }

        Assert.Equal(TaskOutput.Types.Dealing.Hash, output.Dealing);
        await session.RegisterBatchesAsync("dealt", schema, rows, cancellationToken);
        var keys = string.Join(", ", output.Keys.Select(key => string.Create(CultureInfo.InvariantCulture, $"c{key}")));
        var partitions = new List<RecordBatch>[output.PartitionCount];
        for (var index = 0; index < partitions.Length; index++)
        {
            (_, partitions[index]) = await ReadAllAsync(
                session, string.Create(CultureInfo.InvariantCulture, $"SELECT * FROM temp.dealt WHERE hash({keys}) % {output.PartitionCount} = {index}"), cancellationToken);
        }

        return partitions;
    }
}
