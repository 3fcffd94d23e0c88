using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Arrow;
using OrleansFlow.Client.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Jobs;
using StreamProgram = OrleansFlow.Protocol.Streaming.V1.Program;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Goal: rows are looked at while a job runs, and whoever looks does not hold it up. Method: a whole silo with a worker in its process, and SQL.</summary>
public sealed class JobPreviewTests
{
    private const int WatchdogMs = 180_000;
    private const string Numbers = "CREATE TABLE n WITH (connector = 'impulse', message_count = '1000', event_time_interval_ms = '1');";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task Preview_GivesAllRowsOfItsInsert_WritesNothing_AndLeavesNoJob()
    {
        await using var silo = await RunningSilo.StartAsync();
        using var worker = await WorkerAsync(silo);
        var path = Path.Combine(silo.DataFolder, "never.json");

        var rows = await RowsAsync(silo.Client.Jobs.PreviewAsync(
            $"{Numbers} CREATE TABLE o WITH (connector = 'single_file', path = '{path}'); INSERT INTO o SELECT counter, counter * 2 AS twice FROM n;", cancellationToken: Token));

        Assert.Equal("counter,twice", rows.Columns);
        Assert.Equal(Enumerable.Range(0, 1_000).Select(number => $"{number},{number * 2}"), rows.Lines.Order(Comparer<string>.Create((one, other) => Number(one).CompareTo(Number(other)))));
        Assert.False(File.Exists(path));
        Assert.Empty(await silo.Client.Jobs.ListAsync(Token).ToListAsync(Token));

        static int Number(string row) => int.Parse(row.Split(',')[0], CultureInfo.InvariantCulture);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Preview_ThatIsLeft_EndsItsJob()
    {
        await using var silo = await RunningSilo.StartAsync();
        using var worker = await WorkerAsync(silo);
        await foreach (var batch in silo.Client.Jobs.PreviewAsync("CREATE TABLE n WITH (connector = 'impulse', event_rate = '1000'); SELECT counter FROM n;", cancellationToken: Token))
        {
            using (batch)
            {
                Assert.Equal("counter", Assert.Single(batch.Schema.Fields).Name);
                Assert.Equal(0L, batch.Column(0).GetValue(0));
                break;
            }
        }

        Assert.Empty(await silo.Client.Jobs.ListAsync(Token).ToListAsync(Token));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task TableOfAJob_IsRead_ByItsClientAndByFlight_WhileTheJobWritesElsewhere()
    {
        await using var silo = await RunningSilo.StartAsync();
        using var worker = await WorkerAsync(silo);
        var job = await silo.Client.Jobs.SubmitSqlAsync(
            $"""
            {Numbers}
            CREATE TABLE tail WITH (connector = 'preview'); INSERT INTO tail SELECT counter FROM n WHERE counter % 10 = 0;
            CREATE TABLE o WITH (connector = 'blackhole'); INSERT INTO o SELECT counter FROM n;
            """,
            new StreamJobOptions { JobId = "rides" },
            Token);
        Assert.Equal("tail", Assert.Single(job.Previews));
        Assert.False(job.IsPreview);

        var rows = await RowsAsync(silo.Client.Jobs.TailAsync("rides", cancellationToken: Token));

        Assert.Equal(("counter", 100), (rows.Columns, rows.Lines.Count));
        var info = await silo.Flight.GetFlightInfoAsync(FlightDescriptor.ForPath("streams", "rides.tail", "earliest", "100"), new RpcCallOptions(CancellationToken: Token));
        var read = 0;
        await foreach (var element in silo.Flight.DoGet(info.Endpoints[0].Ticket, new RpcCallOptions(CancellationToken: Token)).ReadAllAsync(Token))
        {
            using (element.Batch)
            {
                read += element.Batch?.RowCount ?? 0;
            }
        }

        Assert.Equal(100, read);
        var named = await silo.Flight.GetFlightInfoAsync(FlightDescriptor.ForPath("streams.rides.tail"), new RpcCallOptions(CancellationToken: Token));
        var lived = new List<object?>();
        await foreach (var element in silo.Flight.DoGet(named.Endpoints[0].Ticket, new RpcCallOptions(CancellationToken: Token)).ReadAllAsync(Token))
        {
            using (element.Batch)
            {
                lived.AddRange(Enumerable.Range(0, element.Batch?.RowCount ?? 0).Select(row => element.Batch!.Column(0).GetValue(row)));
            }

            if (lived.Count == 100)
            {
                // It waits for more rows, of which there are none.
                break;
            }
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(number => (object?)(number * 10L)), lived.Order());
        await silo.Client.Jobs.DeleteAsync("rides", Token);
        await Assert.ThrowsAsync<RpcException>(() => silo.Flight.GetFlightInfoAsync(FlightDescriptor.ForPath("streams", "rides.tail"), new RpcCallOptions(CancellationToken: Token)));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task WorkerInTheSilosOwnProcess_ShowsRowsWithoutANetwork()
    {
        await using var silo = await RunningSilo.StartAsync();
        var program = new StreamProgram
        {
            Nodes =
            {
                new ProgramNode { Id = 1, Parallelism = 1, Chain = { new ProgramOperator { Id = "n", Kind = ImpulseSource.Kind, OutputSchema = ProgramSchema.Write(ImpulseSource.Schema), Config = new ImpulseConfig { MessageCount = 1_000, EventTimeIntervalMicros = 1 }.ToByteString() } } },
                new ProgramNode { Id = 2, Parallelism = 1, Chain = { new ProgramOperator { Id = "seen", Kind = "preview" } } },
            },
            Edges = { new ProgramEdge { Source = 1, Target = 2, Kind = EdgeKind.Forward } },
        };
        await silo.Client.Jobs.SubmitProgramAsync(program.ToByteArray(), new StreamJobOptions { JobId = "near" }, Token);

        var rows = await RowsAsync(silo.Client.Jobs.TailAsync("near", "seen", Token));

        Assert.Equal("counter,subtask_index,_timestamp", rows.Columns);
        Assert.Equal(Enumerable.Range(0, 1_000).Select(number => $"{number},0"), rows.Lines.Select(row => row[..row.LastIndexOf(',')]));
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData("SELECT counter AS \"a b\", counter + 1, counter AS \"A B\" FROM n WHERE counter = 1", "a b,(counter + 1),A B_1", "1,2,1")]
    [InlineData("SELECT counter, 'mine' AS _timestamp FROM n WHERE counter = 1", "counter,_timestamp", "1,mine")]
    [InlineData("SELECT count(*) AS many FROM n", "many,_is_retract", "1000,False")]
    [InlineData("CREATE TABLE o (place BIGINT, twice BIGINT) WITH (connector = 'single_file', path = '/never.json'); INSERT INTO o (twice, place) SELECT counter * 2, counter FROM n WHERE counter = 1", "place,twice", "1,2")]
    [InlineData("CREATE TABLE o (many BIGINT PRIMARY KEY) WITH (connector = 'single_file', path = '/never.json', format = 'debezium_json'); INSERT INTO o SELECT count(*) FROM n", "many,_is_retract", "1000,False")]
    public async Task Preview_ShowsColumnsByTheNamesOfTheText_WithoutTheEventTime(string sql, string columns, string last)
    {
        await using var silo = await RunningSilo.StartAsync();
        using var worker = await WorkerAsync(silo);

        var rows = await RowsAsync(silo.Client.Jobs.PreviewAsync($"{Numbers} {sql};", cancellationToken: Token));

        Assert.Equal((columns, last), (rows.Columns, rows.Lines[^1]));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task TableThatIsNotShown_IsRefusedByName()
    {
        await using var silo = await RunningSilo.StartAsync();
        const string two = "CREATE TABLE a WITH (connector = 'preview'); CREATE TABLE b WITH (connector = 'preview'); INSERT INTO a SELECT counter FROM n; INSERT INTO b SELECT counter FROM n;";
        await silo.Client.Jobs.SubmitSqlAsync(Numbers + two, new StreamJobOptions { JobId = "two" }, Token);

        foreach (var table in new[] { null, "c" })
        {
            var refused = await Assert.ThrowsAsync<FlowException>(() => RowsAsync(silo.Client.Jobs.TailAsync("two", table, Token)));
            Assert.Equal((FlowErrorCode.BadInput, "Job 'two' shows a, b; name one of them."), (refused.Code, refused.Message));
        }
    }

    /// <summary>A worker that reaches the silo over the network, with an engine: one in the silo's process runs no SQL.</summary>
    private static async Task<IHost> WorkerAsync(RunningSilo silo)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddOrleansFlowWorker(options =>
        {
            options.Gateway = silo.Host.Endpoints.GrpcUrl;
            options.Token = silo.Host.Endpoints.Token;
            options.WorkerId = "far";
        });
        builder.Services.Configure<JobWorkerOptions>(jobs => jobs.Slots = 100);
        var host = builder.Build();
        await host.StartAsync(Token);
        await host.Services.GetRequiredService<FlowWorker>().Registered;
        return host;
    }

    private static async Task<(string Columns, List<string> Lines)> RowsAsync(IAsyncEnumerable<RecordBatch> batches)
    {
        var (columns, lines) = ("", new List<string>());
        await foreach (var batch in batches)
        {
            using (batch)
            {
                columns = string.Join(',', batch.Schema.Fields.Select(field => field.Name));
                lines.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => string.Join(',', batch.Columns.Select(column => column.GetValue(row)))));
            }
        }

        return (columns, lines);
    }
}
