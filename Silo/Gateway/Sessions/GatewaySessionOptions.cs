using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>Bounds of the gateway's worker sessions. Section: <c>OrleansFlow:Sessions</c>. Read once when the silo starts.</summary>
public sealed class GatewaySessionOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Sessions";

    /// <summary>Time a new stream has to say who it is.</summary>
    /// <value>Default 10 s. Range 100 ms to 5 min.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00", ErrorMessage = SectionName + ":RegisterTimeout must be 00:00:00.1 to 00:05:00.")]
    public TimeSpan RegisterTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Sessions at a time; further workers are refused with <c>limit_exceeded</c>.</summary>
    /// <value>Default 10 000. Range 1 to 100 000.</value>
    [Range(1, 100_000, ErrorMessage = SectionName + ":SessionsMax must be 1 to 100000.")]
    public int SessionsMax { get; set; } = 10_000;

    /// <summary>
    /// Batch reports and outcomes of one session that are being recorded at a time; the session reads no further beyond it, so the worker
    /// waits. More: larger groups per fsync, more memory.
    /// </summary>
    /// <value>Default 1 024. Range 1 to 65 536.</value>
    [Range(1, 65_536, ErrorMessage = SectionName + ":EffectsInFlightMax must be 1 to 65536.")]
    public int EffectsInFlightMax { get; set; } = 1_024;

    /// <summary>Input readers of one session that are open at a time; a further one ends at once with <c>limit_exceeded</c>.</summary>
    /// <value>Default 1 024. Range 1 to 65 536.</value>
    [Range(1, 65_536, ErrorMessage = SectionName + ":ReadersMax must be 1 to 65536.")]
    public int ReadersMax { get; set; } = 1_024;

    /// <summary>Messages that may wait to be sent to one worker; whoever has a further one waits.</summary>
    /// <value>Default 256. Range 1 to 65 536.</value>
    [Range(1, 65_536, ErrorMessage = SectionName + ":OutgoingMessagesMax must be 1 to 65536.")]
    public int OutgoingMessagesMax { get; set; } = 256;
}

[OptionsValidator]
internal sealed partial class GatewaySessionOptionsValidator : IValidateOptions<GatewaySessionOptions>;
