using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Hosting;

/// <summary>Reports what the options say about themselves, without the framework's words around it.</summary>
internal sealed class LimitOptionsValidator : IValidateOptions<LimitOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, LimitOptions options)
    {
        var faults = options.Validate(new ValidationContext(options)).Select(fault => fault.ErrorMessage!).ToList();
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
