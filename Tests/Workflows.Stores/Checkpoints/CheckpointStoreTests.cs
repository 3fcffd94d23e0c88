using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Stores.Postgres;
using OrleansFlow.Workflows.Stores.Sqlite;

namespace OrleansFlow.Tests.Workflows.Stores.Checkpoints;

/// <summary>Goal: every checkpoint store keeps a run of the local mode over the end of its process, wherever that comes.</summary>
public sealed class CheckpointStoreTests(PostgresFixture postgres) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-checkpoint-stores-");
    private readonly List<string> _steps = [];
    private string? _crashAt;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Stores => ["file", "sqlite", "postgres"];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Crash_InAnyStep_LosesThatStepOnly(string kind)
    {
        foreach (var step in (string[])["first", "second", "last"])
        {
            var open = await OpenerAsync(kind);
            _steps.Clear();
            _crashAt = step;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var store = await open();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Chain(stop).RunWithCheckpointAsync(GrowCounter.Empty, 1, store, $"r-{step}", cancellationToken: stop.Token));
            await CloseAsync(store);

            _crashAt = null;
            store = await open();
            var result = await Chain(stop).ResumeAsync(store, $"r-{step}", cancellationToken: Token);
            Assert.Equal((4, 3L), (result.Output, result.Context.Value));
            Assert.Equal(["first", "second", "last"], _steps);

            // What has ended says again how, without a step.
            Assert.Equal(4, (await Chain(stop).ResumeAsync(store, $"r-{step}", cancellationToken: Token)).Output);
            Assert.Equal(3, _steps.Count);
            await CloseAsync(store);
        }
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task RunThatIsNotKept_IsNotFound(string kind)
    {
        var store = await (await OpenerAsync(kind))();

        Assert.Null(await store.LoadAsync("nobody", Token));
        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await Chain(null).ResumeAsync(store, "nobody", cancellationToken: Token));

        Assert.Equal(FlowErrorCode.NotFound, thrown.Code);
        await CloseAsync(store);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task ManyRunsAtOnce_AreKeptApart(string kind)
    {
        var store = await (await OpenerAsync(kind))();
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
            (await Doubling().RunWithCheckpointAsync(default, number, store, $"r{number}", cancellationToken: Token)).Output));

        Assert.Equal(Enumerable.Range(0, 20).Select(number => number * 2), results);
        await CloseAsync(store);
    }

    private async Task<Func<Task<IWorkflowCheckpoints>>> OpenerAsync(string kind)
    {
        switch (kind)
        {
            case "file":
                return () => Task.FromResult<IWorkflowCheckpoints>(new FileCheckpoints(_folder.FullName));
            case "sqlite":
                return async () => await SqliteCheckpoints.OpenAsync(Path.Combine(_folder.FullName, "runs.db"), Token);
            default:
                var options = new PostgresWorkflowStoreOptions { ConnectionString = await postgres.ConnectAsync(Token), Schema = postgres.NewSchema() };
                return async () => await PostgresCheckpoints.OpenAsync(options, Token);
        }
    }

    private static async Task CloseAsync(IWorkflowCheckpoints store)
    {
        if (store is IAsyncDisposable closable)
        {
            await closable.DisposeAsync();
        }
    }

    private static WorkflowDefinition<int, int, NoContext> Doubling()
    {
        var flow = new Workflow<NoContext>("doubling");
        flow.Start(flow.Node<int, int>("double", (value, _) => value * 2).End());
        return flow.Build<int, int>();
    }

    private WorkflowDefinition<int, int, GrowCounter> Chain(CancellationTokenSource? stop)
    {
        var flow = new Workflow<GrowCounter>("chain");
        var last = Step("last").End();
        flow.Start(Step("first").To(Step("second").To(last)));
        return flow.Build<int, int>();

        WorkflowNode<int, int, GrowCounter> Step(string name) => flow.Node<int, int>(name, (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer);
            if (_crashAt == name)
            {
                stop!.Cancel();
                stop.Token.ThrowIfCancellationRequested();
            }

            _steps.Add(name);
            return value + 1;
        });
    }
}
