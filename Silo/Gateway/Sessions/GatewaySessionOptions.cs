namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>Bounds of the gateway's worker sessions. Section: <c>OrleansFlow:Sessions</c>. Read once when the silo starts.</summary>
public sealed class GatewaySessionOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Sessions";

    /// <summary>Time a new stream has to say who it is.</summary>
    /// <value>Default 10 s. Range 100 ms to 5 min.</value>
    public TimeSpan RegisterTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Sessions at a time; further workers are refused with <c>limit_exceeded</c>.</summary>
    /// <value>Default 10 000. Range 1 to 100 000.</value>
    public int SessionsMax { get; set; } = 10_000;

    /// <summary>
    /// Batch reports and outcomes of one session that are being recorded at a time; the session reads no further beyond it, so the worker
    /// waits. More: larger groups per fsync, more memory.
    /// </summary>
    /// <value>Default 1 024. Range 1 to 65 536.</value>
    public int EffectsInFlightMax { get; set; } = 1_024;

    /// <summary>Input readers of one session that are open at a time; a further one ends at once with <c>limit_exceeded</c>.</summary>
    /// <value>Default 1 024. Range 1 to 65 536.</value>
    public int ReadersMax { get; set; } = 1_024;

    /// <summary>Messages that may wait to be sent to one worker; whoever has a further one waits.</summary>
    /// <value>Default 256. Range 1 to 65 536.</value>
    public int OutgoingMessagesMax { get; set; } = 256;
}
