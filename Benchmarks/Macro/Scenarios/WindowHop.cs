using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A count by key in hopping windows of one slide, of many slides a window or of few.</summary>
/// <remarks>The slide stays as it is and the window grows; the keys are few, so that every window holds all of them and as much comes out at each slide.</remarks>
/// <param name="slideCount">Slides of a window.</param>
internal sealed class WindowHop(int slideCount) : Scenario
{
    public const int DefaultSlideCount = 1_000;
    public const int SlideCountMax = 100_000;
    private const int FewSlides = 10;
    private const int Rows = 4_000_000;
    private const int Keys = 1_000;
    private const int Slides = 4_000;
    private static readonly TimeSpan Slide = TimeSpan.FromMilliseconds(10);

    private readonly TimeProvider _clock = TimeProvider.System;
    private WindowEventsTable? _events;

    public override string Name => "window-hop";

    public override string Question => string.Create(CultureInfo.InvariantCulture, $"How many rows a second are counted by {Keys} keys in windows of {slideCount} slides, on one core?");

    public override string Unit => "M rows/s";

    public override string BaselineName => string.Create(CultureInfo.InvariantCulture, $"the same in windows of {FewSlides} slides, M rows/s");

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _events = new WindowEventsTable(Rows, Keys, Slide * Slides);
        for (var pass = 0; pass < 2; pass++)
        {
            await MeasureAsync(cancellationToken);
            await MeasureBaselineAsync(cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken) => new(await MeasureAsync(slideCount, cancellationToken));

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => MeasureAsync(FewSlides, cancellationToken);

    public override ValueTask DisposeAsync()
    {
        _events?.Dispose();
        return base.DisposeAsync();
    }

    private async Task<double> MeasureAsync(int slides, CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        using var windows = new HoppingWindows(WindowEventsTable.Shape, Slide, Slide * slides, ArrowAllocator.Pooled);
        var rows = await _events!.RunAsync(windows, 0, _events.Batches.Count, cancellationToken);
        return rows > 0 ? Rows / _clock.GetElapsedTime(began).TotalSeconds / 1e6 : throw new InvalidOperationException("No window came out.");
    }
}
