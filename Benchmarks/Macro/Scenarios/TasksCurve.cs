using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Tasks;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>What a durable task costs beside many others, finished and waiting, and beside finished runs: it must not grow with them.</summary>
/// <remarks>
/// Two silos in this process, each with a worker of its own and a history: so many finished tasks, so many waiting for a slot, a tenth as many finished
/// runs of one task. A round submits some tasks and lets as many through, so that the number of waiting ones stays; all processor time of the
/// process meanwhile is theirs.
/// </remarks>
/// <param name="size">Finished tasks, and waiting ones, of the larger silo.</param>
internal sealed class TasksCurve(int size) : Scenario
{
    /// <summary>Of the silo that the larger one is held against.</summary>
    public const int SmallSize = 10_000;

    public const int DefaultSize = 100_000;

    public const int SizeMax = 1_000_000;

    private const int Count = 10_000;
    private const int PerCall = 1_000;
    private const int CallsAtOnce = 6;
    private const int RunsAtOnce = 64;

    private readonly Side _small = new(SmallSize);
    private readonly Side _large = new(size);

    public override string Name => "tasks-curve";

    public override string Question => $"What does a durable task cost beside {DefaultSize} finished and as many waiting tasks? --size N, up to {SizeMax}";

    public override string Unit => Text($"us of CPU a task, {size} finished, {size} waiting, {size / 10} finished runs");

    public override bool HigherIsBetter => false;

    public override string BaselineName => Text($"the same with {SmallSize} of each");

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _small.FillAsync(cancellationToken);
        await _large.FillAsync(cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken) => new(await _large.MeasureAsync(cancellationToken));

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => _small.MeasureAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await _small.DisposeAsync();
        await _large.DisposeAsync();
        await base.DisposeAsync();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A silo with its history.</summary>
    private sealed class Side(int size) : IAsyncDisposable
    {
        private const int Slots = 500;

        private readonly BenchSilo _silo = new();
        private readonly Turnstile _turnstile = new();
        private int _lastTask;

        public async Task FillAsync(CancellationToken cancellationToken)
        {
            await _silo.StartAsync(
                options =>
                {
                    options.WorkerSlots = Slots;
                    options.ConfigureWorker = builder => builder.AddHandler<TurnstileHandler>(TurnstileHandler.Role).Services.AddSingleton(_turnstile);
                },
                cancellationToken);
            var runs = size / 10;
            _turnstile.Let(size + runs);
            await Parallel.ForEachAsync(
                Enumerable.Range(0, runs),
                new ParallelOptions { MaxDegreeOfParallelism = RunsAtOnce, CancellationToken = cancellationToken },
                async (_, token) => await _silo.RunAsync($$"""{"name":"one","nodes":[{"id":"a","role":"{{TurnstileHandler.Role}}"}]}""", token));
            await SubmitAsync(size, cancellationToken);
            await _turnstile.WhenComeAsync(size + runs).WaitAsync(cancellationToken);
            await SubmitAsync(Slots + size, cancellationToken);
            await _turnstile.WhenComeAsync(size + runs + Slots).WaitAsync(cancellationToken);
        }

        /// <summary>One round.</summary>
        /// <returns>Processor time of a task, in microseconds.</returns>
        public async Task<double> MeasureAsync(CancellationToken cancellationToken)
        {
            using var process = Process.GetCurrentProcess();
            var before = process.TotalProcessorTime;
            await SubmitAsync(Count, cancellationToken);
            var come = _turnstile.Come;
            _turnstile.Let(Count);
            await _turnstile.WhenComeAsync(come + Count).WaitAsync(cancellationToken);
            process.Refresh();
            return (process.TotalProcessorTime - before).TotalMicroseconds / Count;
        }

        public ValueTask DisposeAsync() => _silo.DisposeAsync();

        private async Task SubmitAsync(int count, CancellationToken cancellationToken)
        {
            var first = _lastTask;
            _lastTask += count;
            await Parallel.ForEachAsync(
                Enumerable.Range(0, (count + PerCall - 1) / PerCall),
                new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = cancellationToken },
                async (call, token) =>
                {
                    var begin = call * PerCall;
                    var tasks = Enumerable.Range(first + begin, Math.Min(PerCall, count - begin))
                        .Select(number => (TaskId.Standalone(Text($"t-{number}")), new TaskSubmission { Role = TurnstileHandler.Role }))
                        .ToList();
                    await _silo.Client.SubmitTasksAsync(tasks, cancellationToken: token);
                });
        }
    }
}
