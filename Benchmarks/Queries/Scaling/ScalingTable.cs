using System.Globalization;
using System.Text;

namespace OrleansFlow.Benchmarks.Queries.Scaling;

/// <summary>The table of <c>docs/performance.md</c>, from the model: <c>flow bench sql-scaling</c> prints it.</summary>
public static class ScalingTable
{
    private const double ScaleFactor = 1_000;

    /// <summary>Numbers of workers that have a column.</summary>
    public static IReadOnlyList<int> Workers { get; } = [10, 100, 1_000, 4_000];

    /// <summary>The table in Markdown, a line for each figure; ends with a line break.</summary>
    public static string Write(ScalingCosts costs)
    {
        var model = new ScalingModel(costs);
        var figures = Workers.Select(count => model.Of(count, ScaleFactor)).ToList();
        var text = new StringBuilder();
        text.Append("| workers |").Append(string.Concat(Workers.Select(count => $" {Number(count)} |"))).Append('\n');
        text.Append("|---|").Append(string.Concat(Workers.Select(_ => "---|"))).Append('\n');
        Line("messages of the shuffle", figure => figure.ShuffleMessages);
        Line("kB of a message", figure => figure.MessageBytes / 1e3);
        Line("scan, s of a worker", figure => figure.ScanSeconds);
        Line("dealing, s", figure => figure.DealSeconds);
        Line("sending and receiving, s", figure => figure.TransferSeconds);
        Line("streams and messages, s", figure => figure.StreamSeconds);
        Line("coordinator, s", figure => figure.CoordinatorSeconds);
        Line("coordinator, µs a task", figure => figure.CoordinatorMicrosPerTask);
        Line("places of tasks, told to all workers, MB", figure => figure.PlanMegabytes);
        Line("all, s", figure => figure.TotalSeconds);
        Line("share of it that is rows and bytes, %", figure => figure.Efficiency * 100);
        return text.ToString();

        void Line(string name, Func<ScalingFigures, double> value) =>
            text.Append("| ").Append(name).Append(" |").Append(string.Concat(figures.Select(figure => $" {Number(value(figure))} |"))).Append('\n');
    }

    /// <summary>Two digits that count, as far as they mean anything.</summary>
    private static string Number(double value)
    {
        if (value == 0)
        {
            return "0";
        }

        var scale = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(value))) - 1);
        var rounded = Math.Round(value / scale) * scale;
        return rounded.ToString(rounded >= 10 ? "#,0" : "0.####", CultureInfo.InvariantCulture).Replace(',', ' ');
    }
}
