using Microsoft.Extensions.Options;
using OrleansFlow.Engine;
using OrleansFlow.Hosting;

namespace OrleansFlow.Worker.Queries;

/// <summary>Checks every option at start and names each that is wrong: key, value, range.</summary>
internal sealed class QueryWorkerOptionsValidator : IValidateOptions<QueryWorkerOptions>
{
    public ValidateOptionsResult Validate(string? name, QueryWorkerOptions options)
    {
        const string Section = QueryWorkerOptions.SectionName;
        string?[] faults =
        [
            OptionRange.Fault(Section, nameof(options.PlanWait), options.PlanWait, TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            OptionRange.Fault(Section, nameof(options.OutputBudgetBytes), options.OutputBudgetBytes, 1, 16L << 30),
            OptionRange.Fault(Section, nameof(options.MaterializedMemoryBytes), options.MaterializedMemoryBytes, 0, 1L << 40),
            OptionRange.Fault(Section, nameof(options.MessageRows), options.MessageRows, 1, EngineResult.BatchRowCountMax),
            OptionRange.Fault(Section, nameof(options.MessageBytes), options.MessageBytes, 1, 1L << 30),
            OptionRange.Fault(Section, nameof(options.ReadAheadBatches), options.ReadAheadBatches, 1, 1_024),
            OptionRange.Fault(Section, nameof(options.TasksMax), options.TasksMax, 1, 1_000_000),
            OptionRange.Fault(Section, nameof(options.OrphanLimit), options.OrphanLimit, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
            OptionRange.Fault(Section, nameof(options.ReportInterval), options.ReportInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
            options.EngineMemoryBytes is { } memory
                ? OptionRange.Fault(Section, nameof(options.EngineMemoryBytes), memory, EngineOptions.MemoryLimitBytesMin, long.MaxValue) : null,
            options.EngineSpillBytesMax is { } spill
                ? OptionRange.Fault(Section, nameof(options.EngineSpillBytesMax), spill, 0, 1L << 50) : null,
            options.EngineThreads is { } threads
                ? OptionRange.Fault(Section, nameof(options.EngineThreads), threads, 1, EngineOptions.ThreadCountMax) : null,
            options.TlsAuthorityPath is { } authority && !File.Exists(authority)
                ? $"{Section}:{nameof(options.TlsAuthorityPath)} '{authority}' does not exist." : null,
            options.SpillFolder is { } folder && string.IsNullOrWhiteSpace(folder)
                ? $"{Section}:{nameof(options.SpillFolder)} is blank; name a folder, or leave it out." : null,
            .. options.Databases.Select(database => string.IsNullOrWhiteSpace(database.Value?.ConnectionString)
                ? $"{Section}:{nameof(options.Databases)}:{database.Key}:{nameof(WorkerDatabaseOptions.ConnectionString)} is blank; say how the database is reached, in Npgsql's words." : null),
        ];
        var found = faults.OfType<string>().ToList();
        return found.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(found);
    }

    /// <summary>Checks options that come from code.</summary>
    /// <exception cref="OptionsValidationException">One is out of its range.</exception>
    public static void ThrowIfWrong(QueryWorkerOptions options)
    {
        if (new QueryWorkerOptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new OptionsValidationException(QueryWorkerOptions.SectionName, typeof(QueryWorkerOptions), result.Failures);
        }
    }
}
