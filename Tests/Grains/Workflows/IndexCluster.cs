using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>A silo whose index of workflow runs wakes nothing but what the test sees.</summary>
internal sealed class IndexCluster : IWorkflowWaker, IAsyncDisposable
{
    private readonly Lock _gate = new();

    public FlowCluster Cluster { get; private set; } = null!;

    /// <summary>Gets each run that is woken, whether it was lost, and when.</summary>
    public Action<string, bool, DateTimeOffset> Woken { get; set; } = (_, _, _) => { };

    /// <summary>What an assertion in <see cref="Woken"/> threw: the index takes it for a failure of the run.</summary>
    public Exception? Failure { get; private set; }

    public IWorkflowIndexGrain Grain => Cluster.Grains.GetGrain<IWorkflowIndexGrain>("0");

    public static async Task<IndexCluster> StartAsync(bool batches)
    {
        var index = new IndexCluster();
        index.Cluster = await FlowCluster.StartAsync(batches, (silo, _) => silo?.Services.AddSingleton<IWorkflowWaker>(index));
        return index;
    }

    public static WorkflowLine Line(
        string run, DateTimeOffset startedUtc, WorkflowRunStatus status = WorkflowRunStatus.Running, long order = 1, DateTimeOffset? wakeUtc = null) => new()
    {
        Run = new RunId(run),
        Workflow = "w",
        Version = 1,
        Status = status,
        StartedUtc = startedUtc,
        WakeUtc = wakeUtc,
        Order = order,
        EndedUtc = status is WorkflowRunStatus.Completed or WorkflowRunStatus.Failed or WorkflowRunStatus.Cancelled ? startedUtc.AddSeconds(1) : null,
    };

    public Task RecordAsync(WorkflowLine line) => Grain.RecordAsync(line, FlowCluster.Token);

    public async Task<IReadOnlyList<WorkflowLine>> ListAsync(WorkflowFilter filter, int pageSize = 1_000)
    {
        var all = new List<WorkflowLine>();
        IReadOnlyList<WorkflowLine> page;
        do
        {
            page = await Grain.ListAsync(filter, all.Count > 0 ? new WorkflowPlace(all[^1].StartedUtc, all[^1].Run) : null, pageSize, FlowCluster.Token);
            all.AddRange(page);
        }
        while (page.Count == pageSize);
        return all;
    }

    /// <summary>Lets the news that nobody waits for be written: an activation that ends writes them.</summary>
    public async Task FlushAsync()
    {
        await Cluster.DeactivateAsync(Grain);
        await Cluster.WhenDeactivatedAsync(Grain);
    }

    public Task WakeAsync(RunId run, bool isLost, CancellationToken cancellationToken)
    {
        try
        {
            lock (_gate)
            {
                Woken(run.Value, isLost, Cluster.Clock.GetUtcNow());
            }
        }
        catch (Xunit.Sdk.XunitException exception)
        {
            Failure ??= exception;
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
