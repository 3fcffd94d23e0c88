using Microsoft.Extensions.Logging;

namespace Orleans.Embedded;

/// <content>Log messages.</content>
internal sealed partial class Activation
{
    private void LogTurnFailed(GrainId grainId, Exception exception) => ActivationLog.TurnFailed(_silo.Logger, grainId, exception);

    private void LogUnseenFailure(string request, Exception exception) => ActivationLog.UnseenFailure(_silo.Logger, request, exception);

    private void LogActivationFailed(GrainId grainId, Exception exception) => ActivationLog.ActivationFailed(_silo.Logger, grainId, exception);

    private void LogDeactivationFailed(GrainId grainId, Exception exception) => ActivationLog.DeactivationFailed(_silo.Logger, grainId, exception);

    private void LogLongTurn(GrainId grainId, long turnMs, long thresholdMs) => ActivationLog.LongTurn(_silo.Logger, grainId, turnMs, thresholdMs);

    private void LogDeactivationForced(GrainId grainId, int runningCount) =>
        ActivationLog.DeactivationForced(_silo.Logger, grainId, runningCount);
}

/// <summary>What activations log.</summary>
internal static partial class ActivationLog
{
    [LoggerMessage(EventId = 6101, Level = LogLevel.Error, Message = "A turn of grain {GrainId} failed outside any request; the grain goes on")]
    public static partial void TurnFailed(ILogger logger, GrainId grainId, Exception exception);

    [LoggerMessage(EventId = 6102, Level = LogLevel.Warning, Message = "{Request} failed, and nobody waits for its answer")]
    public static partial void UnseenFailure(ILogger logger, string request, Exception exception);

    [LoggerMessage(EventId = 6103, Level = LogLevel.Warning, Message = "Grain {GrainId} could not be activated; its callers get the failure")]
    public static partial void ActivationFailed(ILogger logger, GrainId grainId, Exception exception);

    [LoggerMessage(EventId = 6104, Level = LogLevel.Warning, Message = "Grain {GrainId} failed while it was deactivated; it is gone all the same")]
    public static partial void DeactivationFailed(ILogger logger, GrainId grainId, Exception exception);

    [LoggerMessage(
        EventId = 6105,
        Level = LogLevel.Warning,
        Message = "Grain {GrainId} is deactivated although {RunningCount} requests still run: they took longer than the deactivation time-out")]
    public static partial void DeactivationForced(ILogger logger, GrainId grainId, int runningCount);

    [LoggerMessage(EventId = 6106, Level = LogLevel.Error, Message = "A timer of grain {GrainId} failed; it ticks again after its period")]
    public static partial void TimerFailed(ILogger logger, GrainId grainId, Exception exception);

    [LoggerMessage(
        EventId = 6107,
        Level = LogLevel.Warning,
        Message = "A turn of grain {GrainId} ran for {TurnMs} ms, longer than {ThresholdMs} ms; its other requests waited: look for code that blocks the thread")]
    public static partial void LongTurn(ILogger logger, GrainId grainId, long turnMs, long thresholdMs);
}
