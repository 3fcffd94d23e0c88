using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: a table that cannot be read fails the query promptly, with a code to act on and the name of what is wrong, and leaves nothing behind.</summary>
public sealed class TableFailureTests : IDisposable
{
    private const int Watchdog = 120_000;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => _folder.Combine("data");

    [Fact(Timeout = Watchdog)]
    public async Task File_ThatVanishedBetweenPlanningAndReading_IsNamed()
    {
        await using var cluster = await StartAsync(_ =>
        {
            File.Delete(Path.Combine(Data, "b.parquet"));
            return Task.CompletedTask;
        });

        var failure = await FailureAsync(cluster, "select count(*), max(name) from '{0}/*.parquet'");

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains("b.parquet", failure.Message, StringComparison.Ordinal);
        await IsUsableAsync(cluster);
    }

    [Fact(Timeout = Watchdog)]
    public async Task ParquetPage_ThatIsCorrupt_FailsTheQueryAndNamesTheFile()
    {
        await using var cluster = await StartAsync();
        var path = Path.Combine(Data, "b.parquet");
        var bytes = await File.ReadAllBytesAsync(path, Token);

        // The footer stays, so that the query is planned; everything before it is torn.
        var footer = BitConverter.ToInt32(bytes, bytes.Length - 8) + 8;
        bytes.AsSpan(4, bytes.Length - footer - 4).Fill(0xA5);
        await File.WriteAllBytesAsync(path, bytes, Token);

        var failure = await FailureAsync(cluster, "select max(name), sum(value) from '{0}/*.parquet'");

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains("b.parquet", failure.Message, StringComparison.Ordinal);
        await IsUsableAsync(cluster);
    }

    [Fact(Timeout = Watchdog)]
    public async Task FilesOfAGlob_WhoseTypesClash_AreBothNamed()
    {
        await using var cluster = await StartAsync();
        await cluster.AloneAsync($"copy (select 'x' || id as id, key, value, name from facts limit 10) to '{Data}/c.parquet'");

        var failure = await FailureAsync(cluster, "select max(id) from '{0}/*.parquet'");

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("c.parquet", failure.Message, StringComparison.Ordinal);
        Assert.Contains("a.parquet", failure.Message, StringComparison.Ordinal);
        Assert.Contains("id", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Memory_ThatIsExhaustedOnAWorker_IsALimitWithItsKey()
    {
        await using var cluster = await StartAsync();

        // One list of everything cannot be put on disk.
        var failure = await FailureAsync(cluster, "select length(list(name || repeat('x', 10000) || id)::varchar) from '{0}/*.parquet'");

        Assert.Equal(FlowErrorCode.LimitExceeded, failure.Code);
        Assert.Contains("OrleansFlow:Worker:Queries:EngineMemoryBytes", failure.Message, StringComparison.Ordinal);
        await IsUsableAsync(cluster);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task IsUsableAsync(QueryCluster cluster) =>
        Assert.Equal(["n", "60000"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select count(*) as n from facts")));

    private Task<FlowException> FailureAsync(QueryCluster cluster, string sql) =>
        Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(sql.Replace("{0}", Data, StringComparison.Ordinal))));

    private async Task<QueryCluster> StartAsync(Func<WorkerQueryContext, Task>? beforeTask = null)
    {
        Directory.CreateDirectory(Data);
        var cluster = await QueryCluster.StartRealAsync(dataFolder: Data, addToWorkers: builder =>
        {
            builder.Services.Configure<QueryWorkerOptions>(queries => (queries.EngineMemoryBytes, queries.EngineThreads) = (64L << 20, 1));
            if (beforeTask is not null)
            {
                builder.Services.AddSingleton<IWorkerSessionBuilder>(new Before(beforeTask));
            }
        });
        await cluster.AloneAsync($"copy (select * from facts where id < 20000) to '{Data}/a.parquet'");
        await cluster.AloneAsync($"copy (select * from facts where id >= 20000) to '{Data}/b.parquet'");
        return cluster;
    }

    private sealed class Before(Func<WorkerQueryContext, Task> actAsync) : IWorkerSessionBuilder
    {
        public Task BuildAsync(WorkerQueryContext context, CancellationToken cancellationToken) => actAsync(context);
    }
}
