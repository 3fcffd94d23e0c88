using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Orchestration;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Stores.Logs;
using OrleansFlow.Workflows.Workers;

namespace OrleansFlow.Tests.Workflows.Stores.Workers;

/// <summary>A store in memory with a clock, and what a test needs to have workers on it.</summary>
internal sealed class WorkerBench : IAsyncDisposable
{
    private readonly MemoryRunLog _log = new();

    public ManualTimeProvider Time { get; } = new();

    public IWorkflowStore Store { get; set; } = null!;

    public StoreOrchestrator Orchestrator => new(Store, Time);

    public RecordingLogger Logger { get; } = new();

    public static TimeSpan LeaseDuration => TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<WorkerBench> OpenAsync()
    {
        var bench = new WorkerBench();
        bench.Store = await MemoryWorkflowStore.OpenAsync(bench._log, new WorkflowStoreOptions { Time = bench.Time, LeaseDuration = LeaseDuration }, Token);
        return bench;
    }

    public WorkflowWorkerBuilder Builder(string id = "w") => WorkflowWorker.CreateBuilder().Id(id).Store(Store).Time(Time).Logger(Logger);

    public WorkflowWorker Worker<TIn, TOut>(WorkflowDefinition<TIn, TOut, GrowCounter> flow, string id = "w", StepRetryPolicy? retry = null) =>
        Builder(id).Workflow(flow).Retry(retry ?? StepRetryPolicy.Default).Build();

    public async Task<RunId> StartAsync<TOut>(WorkflowDefinition<int, TOut, GrowCounter> flow, int input = 1, string? id = null) =>
        await Orchestrator.StartAsync(flow, GrowCounter.Empty, input, new RunStartOptions { Id = id is null ? null : new RunId(id) }, cancellationToken: Token);

    /// <summary>Does steps until nothing is left to do now.</summary>
    public static async Task<List<WorkerStep>> RunAllAsync(WorkflowWorker worker)
    {
        var steps = new List<WorkerStep>();
        while (await worker.RunOnceAsync(Token) is { } step and not WorkerStep.Idle)
        {
            steps.Add(step);
        }

        return steps;
    }

    /// <summary>A workflow of one node.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> OneNode(
        Func<int, NodeScope<GrowCounter>, CancellationToken, ValueTask<Transition<int>>> node, Action<WorkflowNode<int, int, GrowCounter>>? shape = null)
    {
        var flow = new Workflow<GrowCounter>("one");
        var only = flow.Node("only", node);
        shape?.Invoke(only);
        flow.Start(only.End());
        return flow.Build<int, int>();
    }

    public static WorkflowDefinition<int, int, GrowCounter> OneNode(Func<int, int> node) => OneNode((value, _, _) => new(node(value)));

    /// <summary>Steps one after the other, each of which counts in the context and adds one.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Chain(int length, int version = 1)
    {
        var flow = new Workflow<GrowCounter>("chain", version);
        var next = Step(length).End();
        for (var number = length - 1; number >= 1; number--)
        {
            next = Step(number).To(next);
        }

        flow.Start(next);
        return flow.Build<int, int>();

        WorkflowNode<int, int, GrowCounter> Step(int number) => flow.Node<int, int>($"n{number}", (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer);
            return value + 1;
        });
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}

/// <summary>Keeps what was logged.</summary>
internal sealed class RecordingLogger : ILogger
{
    private readonly List<(LogLevel Level, string Text)> _lines = [];

    public IReadOnlyList<(LogLevel Level, string Text)> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Add((logLevel, formatter(state, exception)));
        }
    }
}
