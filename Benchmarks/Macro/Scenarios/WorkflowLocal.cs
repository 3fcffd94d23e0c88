using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>One run in memory of a loop of trivial steps on a struct, on one thread: what the local mode itself costs.</summary>
internal sealed class WorkflowLocal : Scenario
{
    private const int Steps = 5_000_000;
    private const int WarmUpSteps = 500_000;

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly WorkflowDefinition<Countdown, Countdown, NoContext> _loop = Define();

    public override string Name => "workflow-local";

    public override string Question => "How many trivial steps a second does a run in memory make on one core?";

    public override string Unit => "steps/s";

    public override string BaselineName => "the same calls through a bare queue/s";

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        await RunAsync(WarmUpSteps, cancellationToken);
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = _clock.GetTimestamp();
        await RunAsync(Steps, cancellationToken);
        var elapsed = _clock.GetElapsedTime(began);
        return new Sample(Steps / elapsed.TotalSeconds, AllocatedBytesPerOperation: (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / Steps);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        BareQueue(WarmUpSteps);
        var began = _clock.GetTimestamp();
        BareQueue(Steps);
        return Task.FromResult(Steps / _clock.GetElapsedTime(began).TotalSeconds);
    }

    private static WorkflowDefinition<Countdown, Countdown, NoContext> Define()
    {
        var flow = new Workflow<NoContext>("local");
        var step = flow.Node<Countdown, Countdown>("step", (value, _) => Next(value));
        return flow.Start(step.Branch(arms => arms.When(value => value.Left > 0, step).OtherwiseEnd())).Build<Countdown, Countdown>();
    }

    private static Countdown Next(Countdown value) => new(value.Left - 1, value.Sum + value.Left);

    private static void BareQueue(int steps)
    {
        Func<Countdown, Countdown> step = Next;
        var queue = new Queue<Countdown>();
        queue.Enqueue(new Countdown(steps, 0));
        while (queue.TryDequeue(out var value))
        {
            var next = step(value);
            if (next.Left > 0)
            {
                queue.Enqueue(next);
            }
        }
    }

    private async Task RunAsync(int steps, CancellationToken cancellationToken)
    {
        var result = await _loop.RunAsync(default, new Countdown(steps, 0), cancellationToken: cancellationToken);
        if (result.StepCount != steps)
        {
            throw new InvalidOperationException($"The run made {result.StepCount} steps instead of {steps}.");
        }
    }

    private readonly record struct Countdown(int Left, long Sum);
}
