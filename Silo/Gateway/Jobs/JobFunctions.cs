using System.Security.Cryptography;
using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Puts the contents of a job's functions beside its checkpoints, where workers fetch what they lack; they go away with the job.</summary>
internal static class JobFunctions
{
    private const int FunctionsMax = 256;
    private const int BytesMax = 32 * 1024 * 1024;

    /// <summary>Stores contents by their hash and lets the program name their places. Repeating it is safe.</summary>
    /// <param name="program">Changed: contents leave it.</param>
    /// <param name="jobId">Whose it is.</param>
    /// <param name="url">Where the job's checkpoints are.</param>
    /// <param name="store">The store there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><c>bad_function</c>: a content has another hash than the program says; <c>limit_exceeded</c>: there are too many or too large ones.</exception>
    public static async Task StoreAsync(Program program, string jobId, string url, IObjectStore store, CancellationToken cancellationToken)
    {
        if (program.Functions.Count > FunctionsMax || program.Functions.Sum(one => (long)one.Content.Length) > BytesMax)
        {
            throw new FlowException(FlowErrorCode.LimitExceeded, $"The job brings {program.Functions.Count} functions of {program.Functions.Sum(one => (long)one.Content.Length)} bytes; {FunctionsMax} of {BytesMax} bytes together are taken.");
        }

        foreach (var function in program.Functions.Where(one => one.ContentUrl.Length == 0))
        {
            var hash = SHA256.HashData(function.Content.Span);
            if (!function.ContentHash.Span.SequenceEqual(hash))
            {
                throw FunctionSignature.Bad(function, $"its content has the SHA-256 {Convert.ToHexStringLower(hash)}, and the program says {Convert.ToHexStringLower(function.ContentHash.Span)}");
            }

            var name = $"{jobId}/functions/{Convert.ToHexStringLower(hash)}";
            await store.PutAsync(name, function.Content.Memory, cancellationToken);
            function.ContentUrl = $"{url.TrimEnd('/')}/{name}";
            function.Content = ByteString.Empty;
        }
    }
}
