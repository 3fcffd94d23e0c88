using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using OrleansFlow.Queries;

namespace OrleansFlow.Grains.Hosting;

/// <summary>Reports what the options say about themselves, without the framework's words around it.</summary>
internal sealed class DistributedQueryOptionsValidator : IValidateOptions<DistributedQueryOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, DistributedQueryOptions options)
    {
        var faults = options.Validate(new ValidationContext(options)).Select(fault => fault.ErrorMessage!).ToList();
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
