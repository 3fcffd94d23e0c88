using System.CommandLine;
using System.Globalization;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Cli.Commands;

/// <summary>The options that say how a streaming job's barriers treat rows that wait before them. Each is a <c>SET</c> behind the text, so that it counts more than one within.</summary>
internal sealed class BarrierOptions
{
    private readonly Option<string?> _barriers = new("--checkpoint-barriers") { Description = "aligned: barriers wait behind the rows before them; unaligned: they overtake them under back-pressure. Else as the text says.", HelpName = "KIND" };
    private readonly Option<TimeSpan?> _timeout = new("--alignment-timeout")
    {
        Description = "How long unaligned barriers wait before they overtake, in seconds (0.5) or as hh:mm:ss; 0: not at all. Up to 1 day. Else as the text says.",
        HelpName = "TIME",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (TimeText.TryParse(text) is { } time && time <= CheckpointBarriers.AlignmentTimeoutMax)
            {
                return time;
            }

            result.AddError($"--alignment-timeout '{text}' is no time from 0 to 1 day; give seconds (0.5) or hh:mm:ss.");
            return null;
        },
    };

    private BarrierOptions() => _barriers.AcceptOnlyFromAmong("aligned", "unaligned");

    public static BarrierOptions AddTo(Command command)
    {
        var options = new BarrierOptions();
        command.Options.Add(options._barriers);
        command.Options.Add(options._timeout);
        return options;
    }

    /// <summary>The statements that say what was given; empty where nothing was.</summary>
    public string StatementsOf(ParseResult parsed)
    {
        var barriers = parsed.GetValue(_barriers) is { } kind ? $"\n;SET {CheckpointBarriers.BarriersOption} = '{kind}';" : "";
        var timeout = parsed.GetValue(_timeout) switch
        {
            null => "",
            { Ticks: 0 } => "\n;SET alignment_timeout = 0;",
            { } time => string.Create(CultureInfo.InvariantCulture, $"\n;SET alignment_timeout = INTERVAL '{Math.Max(1, (long)time.TotalMilliseconds)} milliseconds';"),
        };
        return barriers + timeout;
    }
}
