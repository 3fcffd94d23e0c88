using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Inputs;

/// <summary>What a reader asks the gateway for.</summary>
internal sealed record ArtifactRequest
{
    /// <summary>Every parent, in order of acceptance.</summary>
    public static readonly ArtifactRequest AllParents = new();

    /// <summary>One parent, ordered by task and number; empty for all.</summary>
    public string Node { get; init; } = "";

    /// <summary>What an input adapter asks for instead; its members are those of the message.</summary>
    public ReadInputs? Pull { get; init; }

    /// <summary>The message.</summary>
    /// <param name="id">Number of the reader.</param>
    /// <param name="lease">The attempt's lease.</param>
    /// <param name="credit">How many references may come.</param>
    /// <param name="last">Sequence of the last reference that came; 0 for none.</param>
    public ReadInputs ToMessage(long id, Lease lease, int credit, long last)
    {
        var message = Pull?.Clone() ?? new ReadInputs { Node = Node };
        message.ReaderId = id;
        message.Lease = lease;
        message.Credit = credit;
        message.After = Pull is null ? 0 : Math.Max(Pull.After, last);
        return message;
    }
}
