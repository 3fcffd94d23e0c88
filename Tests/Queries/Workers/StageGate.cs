using System.Collections.Concurrent;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Tests.Queries.Workers;

/// <summary>
/// The border behind one stage of one query: the first attempts of its tasks run and finish, and nobody gets their rows before the gate is opened. So a
/// worker can be killed exactly there. Thread-safe.
/// </summary>
/// <param name="stage">The stage; 0: none, everything passes.</param>
/// <param name="taskCount">Tasks of that stage.</param>
internal sealed class StageGate(int stage, int taskCount)
{
    private readonly ConcurrentDictionary<(int Task, string Worker), bool> _finished = [];
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Every plan that a worker was given, with the worker.</summary>
    public ConcurrentQueue<(string Worker, TaskPlan Plan)> Plans { get; } = [];

    /// <summary>Done when all tasks of the stage have finished.</summary>
    public Task WhenReached => _reached.Task;

    /// <summary>The workers that hold rows of the stage, in the order of their ids.</summary>
    public IReadOnlyList<string> Holders => [.. _finished.Keys.Select(key => key.Worker).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Lets everything pass from now on.</summary>
    public void Open() => _opened.TrySetResult();

    /// <summary>A worker was given a plan.</summary>
    public void Saw(string worker, TaskPlan plan) => Plans.Enqueue((worker, plan));

    /// <summary>A worker says something of a task.</summary>
    public void Heard(string worker, TaskReport report)
    {
        if (report.Key.Stage == stage && report.Key.Attempt == 1 && report.State == TaskReport.Types.State.Finished)
        {
            _finished.TryAdd((report.Key.Task, worker), true);
            if (_finished.Count == taskCount)
            {
                _reached.TrySetResult();
            }
        }
    }

    /// <summary>Waits until rows of a task may be read.</summary>
    public Task PassAsync(TaskKey key, CancellationToken cancellationToken) =>
        key.Stage == stage && key.Attempt == 1 ? _opened.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
}
