using System.Globalization;
using OrleansFlow.Tasks;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// How long an urgent task takes from its submission to its attempt while many others wait behind it, and what a task costs then.
/// </summary>
/// <remarks>
/// The waiting tasks have a lower priority and are leased between the urgent ones, which come one at a time. So an urgent one waits for its own
/// two commits, and for a slot.
/// </remarks>
/// <param name="store">One of <see cref="StorageWrites.Stores"/>.</param>
internal sealed class ReadyToLeased(string store) : StoredTasks(store)
{
    private const int Backlog = 100_000;
    private const int PerCall = 1_000;
    private const int Urgent = 300;
    private double _idle;
    private int _round;

    public override string Name => "ready-to-leased";

    public override string Question => $"How long from submitted to begun under a backlog of {Backlog} tasks? --store {string.Join('|', StorageWrites.Stores)}";

    public override string Unit => "ms (p99)";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "the same without a backlog, ms (p99)";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await StartSiloAsync(
            options =>
            {
                options.WorkerSlots = 8;
                options.ConfigureWorker = builder => builder.AddHandler<NoOpWorker.Handler>(NoOpWorker.Role);
            },
            cancellationToken);
        _idle = Quantile(await LatenciesAsync(cancellationToken));
        for (var first = 0; first < Backlog; first += PerCall)
        {
            var tasks = Enumerable.Range(first, PerCall)
                .Select(number => (TaskId.Standalone(string.Create(CultureInfo.InvariantCulture, $"w-{number}")), new TaskSubmission { Role = NoOpWorker.Role, Priority = -1 }))
                .ToList();
            await Silo.Client.SubmitTasksAsync(tasks, cancellationToken: cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var latencies = await LatenciesAsync(cancellationToken);
        return new Sample(Quantile(latencies), latencies);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(_idle);

    public override Task<double?> FsyncMsAsync(CancellationToken cancellationToken) => Task.FromResult<double?>(null);

    private static double Quantile(double[] latencies)
    {
        double[] sorted = [.. latencies];
        Array.Sort(sorted);
        return sorted[(int)Math.Ceiling(0.99 * sorted.Length) - 1];
    }

    private async Task<double[]> LatenciesAsync(CancellationToken cancellationToken)
    {
        var round = _round++;
        var latencies = new double[Urgent];
        for (var number = 0; number < Urgent; number++)
        {
            var id = TaskId.Standalone(string.Create(CultureInfo.InvariantCulture, $"u{round}-{number}"));
            var begun = NoOpWorker.NextBegunAsync(id);
            var began = Clock.GetTimestamp();
            await Silo.Client.SubmitTasksAsync([(id, new TaskSubmission { Role = NoOpWorker.Role, Priority = 9 })], cancellationToken: cancellationToken);
            latencies[number] = Clock.GetElapsedTime(began, await begun.WaitAsync(cancellationToken)).TotalMilliseconds;
        }

        return latencies;
    }
}
