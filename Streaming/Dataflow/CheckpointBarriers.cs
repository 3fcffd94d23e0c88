using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>How a job's barriers treat rows that wait before them. It travels in the options of the program, so that every worker of the job knows it.</summary>
public sealed record CheckpointBarriers
{
    /// <summary>Name of the program's option that says whether barriers overtake: <c>aligned</c> or <c>unaligned</c>.</summary>
    public const string BarriersOption = "checkpoint_barriers";

    /// <summary>Name of the program's option that says how long barriers are aligned at first, in whole milliseconds.</summary>
    public const string AlignmentTimeoutOption = "alignment_timeout_ms";

    /// <summary>Barriers wait behind the rows before them. The default.</summary>
    public static readonly CheckpointBarriers Aligned = new();

    /// <summary>The longest <see cref="AlignmentTimeout"/>.</summary>
    public static readonly TimeSpan AlignmentTimeoutMax = TimeSpan.FromDays(1);

    /// <summary>Whether barriers overtake rows that wait, which then become part of the checkpoint. Default false. True: checkpoints under back-pressure end soon, and hold more.</summary>
    public bool IsUnaligned { get; init; }

    /// <summary>How long a checkpoint is aligned before its barriers overtake. Default 1 s; from 0, which overtakes at once, to 1 day. Longer: fewer checkpoints hold rows, and end later.</summary>
    public TimeSpan AlignmentTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Reads the options of a program.</summary>
    /// <exception cref="FlowException">An option has no value that it can have (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public static CheckpointBarriers Of(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var barriers = Aligned;
        if (program.Config.TryGetValue(BarriersOption, out var kind))
        {
            barriers = barriers with { IsUnaligned = ParseKind(kind) };
        }

        if (program.Config.TryGetValue(AlignmentTimeoutOption, out var text))
        {
            barriers = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds <= AlignmentTimeoutMax.TotalMilliseconds
                ? barriers with { AlignmentTimeout = TimeSpan.FromMilliseconds(milliseconds) }
                : throw new FlowException(FlowErrorCode.BadOption, $"The program's option {AlignmentTimeoutOption} is '{text}'; it is a whole number of milliseconds up to 1 day.");
        }

        return barriers;
    }

    /// <summary>Reads a kind.</summary>
    /// <param name="kind"><c>aligned</c> or <c>unaligned</c>, in any case.</param>
    /// <returns>Whether it is unaligned.</returns>
    /// <exception cref="FlowException">It is neither (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public static bool ParseKind(string kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return string.Equals(kind, "unaligned", StringComparison.OrdinalIgnoreCase)
            || (string.Equals(kind, "aligned", StringComparison.OrdinalIgnoreCase)
                ? false
                : throw new FlowException(FlowErrorCode.BadOption, $"{BarriersOption} is '{kind}'; it is 'aligned' or 'unaligned'."));
    }

    /// <summary>Sets the options of a program.</summary>
    /// <param name="program">Changed in place.</param>
    public void WriteTo(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        program.Config[BarriersOption] = IsUnaligned ? "unaligned" : "aligned";
        program.Config[AlignmentTimeoutOption] = ((long)AlignmentTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
    }
}
