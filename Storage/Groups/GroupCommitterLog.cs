using Microsoft.Extensions.Logging;

namespace OrleansFlow.Storage.Groups;

internal static partial class GroupCommitterLog
{
    [LoggerMessage(EventId = 6401, Level = LogLevel.Warning, Message = "A transaction of {WriteCount} writes failed; each is tried again alone")]
    public static partial void LogGroupFailed(this ILogger logger, Exception exception, int writeCount);

    [LoggerMessage(EventId = 6402, Level = LogLevel.Error, Message = "{WriteCount} write(s) could not be kept; their grains reload their state")]
    public static partial void LogWriteFailed(this ILogger logger, Exception exception, int writeCount);
}
