using Microsoft.Extensions.Options;
using OrleansFlow.Engine;

namespace OrleansFlow.Sql.Roles;

/// <summary>Checks the options at start and names each that is wrong: key, value, range.</summary>
public sealed class SqlRoleOptionsValidator : IValidateOptions<SqlRoleOptions>
{
    private const long MemoryMin = 64L << 20;
    private const long MemoryMax = 1L << 40;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, SqlRoleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> problems = [];
        if (options.MemoryLimitBytes is < MemoryMin or > MemoryMax)
        {
            problems.Add($"{SqlRoleOptions.SectionName}:{nameof(options.MemoryLimitBytes)} is {options.MemoryLimitBytes}; use {MemoryMin} to {MemoryMax}.");
        }

        if (options.ThreadCount is < 1 or > EngineOptions.ThreadCountMax)
        {
            problems.Add($"{SqlRoleOptions.SectionName}:{nameof(options.ThreadCount)} is {options.ThreadCount}; use 1 to {EngineOptions.ThreadCountMax}.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
