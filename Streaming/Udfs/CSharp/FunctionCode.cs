using System.Reflection;
using System.Runtime.Loader;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Udfs.CSharp;

/// <summary>Compiled code of one function in a load context of its own, which goes away with it.</summary>
internal sealed class FunctionCode : IAsyncDisposable
{
    private const int MessageCharsMax = 1_000;

    private readonly FunctionSignature _signature;
    private readonly FunctionFailures _failures;
    private CodeContext? _context;

    /// <param name="signature">The function.</param>
    /// <param name="image">What has <see cref="CallText"/> in it.</param>
    /// <param name="library">The assembly that it calls; null: the source is in the image.</param>
    /// <param name="failures">Gets what it fails with.</param>
    /// <exception cref="FlowException">It cannot be loaded (<see cref="FlowErrorCode.BadFunction"/>).</exception>
    public FunctionCode(FunctionSignature signature, byte[] image, byte[]? library, FunctionFailures failures)
    {
        (_signature, _failures) = (signature, failures);
        _context = new CodeContext($"function {signature.Function.Name}");
        try
        {
            if (library is not null)
            {
                _context.Load(library);
            }

            var calls = _context.Load(image).GetType(CallText.TypeName, throwOnError: true)!;
            calls.GetField(CallText.FailedField, BindingFlags.Public | BindingFlags.Static)!.SetValue(null, new Action<object?[], Exception>(OnFailed));
            Body = calls.GetMethod(CallText.RunMethod, BindingFlags.Public | BindingFlags.Static)!.CreateDelegate<FunctionBody>();
        }
        catch (Exception exception) when (exception is BadImageFormatException or FileLoadException or TypeLoadException or FileNotFoundException)
        {
            _context.Unload();
            throw signature.Bad($"its assembly cannot be loaded: {exception.Message}", exception);
        }
    }

    /// <summary>What the engine calls.</summary>
    public FunctionBody Body { get; private set; }

    /// <summary>Begins to unload the code; it is gone once nothing of it is on a stack or referred to.</summary>
    public ValueTask DisposeAsync()
    {
        Body = static _ => throw new ObjectDisposedException(nameof(FunctionCode));
        _context?.Unload();
        _context = null;
        return ValueTask.CompletedTask;
    }

    /// <summary>Throws unless the row gets null.</summary>
    private void OnFailed(object?[] values, Exception exception)
    {
        if (!_signature.Function.GivesNullOnError)
        {
            throw _failures.Keep(FunctionFailed.For(_signature, values, $"{exception.GetType().Name}: {FunctionValues.Cut(exception.Message, MessageCharsMax)}"));
        }
    }

    private sealed class CodeContext(string name) : AssemblyLoadContext(name, isCollectible: true)
    {
        private readonly Dictionary<string, Assembly> _own = new(StringComparer.OrdinalIgnoreCase);

        public Assembly Load(byte[] image)
        {
            using var stream = new MemoryStream(image, writable: false);
            var assembly = LoadFromStream(stream);
            _own[assembly.GetName().Name!] = assembly;
            return assembly;
        }

        /// <summary>What is not its own comes from the process.</summary>
        protected override Assembly? Load(AssemblyName assemblyName) => _own.GetValueOrDefault(assemblyName.Name ?? "");
    }
}
