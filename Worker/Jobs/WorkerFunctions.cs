using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Worker.Jobs;

/// <summary>The functions of users at a worker: loaded for each run, their contents kept between runs.</summary>
/// <param name="settings">What may run.</param>
/// <param name="contents">Contents that are kept.</param>
/// <param name="loggers">Makes its logger.</param>
/// <param name="clock">The time.</param>
internal sealed partial class WorkerFunctions(UserFunctionSettings settings, FunctionContents contents, ILoggerFactory loggers, TimeProvider clock)
{
    private readonly ILogger _logger = loggers.CreateLogger<WorkerFunctions>();

    /// <summary>Loads those of a program; null where it has none.</summary>
    /// <exception cref="FlowException">One cannot be loaded; the message names it (<see cref="FlowErrorCode.BadFunction"/>).</exception>
    public async ValueTask<LoadedFunctions?> LoadAsync(Program program, CancellationToken cancellationToken) =>
        program.Functions.Count == 0 ? null : await LoadedFunctions.LoadAsync(program, settings, contents, cancellationToken, LogPython, clock);

    [LoggerMessage(EventId = 2287, Level = LogLevel.Information, Message = "Python of {FunctionNames} says: {Line}")]
    private partial void LogPython(string functionNames, string line);
}
