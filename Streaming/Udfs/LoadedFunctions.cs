using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Udfs.CSharp;
using OrleansFlow.Streaming.Udfs.Python;

namespace OrleansFlow.Streaming.Udfs;

/// <summary>The functions of a program, ready to be called. Disposed behind the operators that call them: code is unloaded then, and processes end.</summary>
public sealed class LoadedFunctions : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly List<EngineFunction> _functions = [];

    private LoadedFunctions()
    {
    }

    /// <summary>The functions, as sessions of the engine take them.</summary>
    internal IReadOnlyList<EngineFunction> Functions => _functions;

    /// <summary>What they failed with.</summary>
    internal FunctionFailures Failures { get; } = new();

    /// <summary>Fetches what is not here, compares hashes, compiles or starts.</summary>
    /// <param name="program">Lists the functions.</param>
    /// <param name="settings">What may run.</param>
    /// <param name="contents">Where contents are kept.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="pythonSaid">Gets the names of functions of Python and each line of what their process writes to its error output, or prints; called from any thread. Null: the lines are dropped.</param>
    /// <param name="clock">The time; null for the system's.</param>
    /// <exception cref="FlowException">
    /// A function cannot be loaded; the message names it (<see cref="FlowErrorCode.BadFunction"/>). A store cannot be reached (<see cref="FlowErrorCode.StoreUnavailable"/>).
    /// </exception>
    public static async Task<LoadedFunctions> LoadAsync(
        Program program, UserFunctionSettings settings, FunctionContents contents, CancellationToken cancellationToken, Action<string, string>? pythonSaid = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(contents);
        var loaded = new LoadedFunctions();
        try
        {
            var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            var python = new List<PythonSource>();
            foreach (var function in program.Functions)
            {
                var signature = new FunctionSignature(function);
                if (!names.Add(function.Name))
                {
                    throw signature.Bad("the program has two of that name");
                }

                RefuseWhatIsOff(function, settings);
                var content = await contents.GetAsync(function, settings.ContentBytesMax, cancellationToken);
                if (function.Language == FunctionLanguage.Python)
                {
                    python.Add(new PythonSource(signature, content));
                }
                else
                {
                    loaded.AddCompiled(signature, content, settings, cancellationToken);
                }
            }

            if (python.Count > 0)
            {
                var pool = new PythonPool(python, settings, pythonSaid, clock ?? TimeProvider.System);
                loaded._owned.Add(pool);
                await pool.StartAsync(cancellationToken);
                loaded._functions.AddRange(python.Select((one, index) => one.Signature.With(new PythonFunction(one.Signature, index, pool, loaded.Failures).Run)));
            }

            return loaded;
        }
        catch
        {
            await loaded.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets go of them. Nothing calls them any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _functions.Clear();
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        _owned.Clear();
    }

    private static void RefuseWhatIsOff(UserFunction function, UserFunctionSettings settings)
    {
        var isOn = function.Language switch
        {
            FunctionLanguage.CSharp => settings.CSharp != UserCodeAccess.Off,
            FunctionLanguage.Assembly => settings.AllowsAssemblies,
            FunctionLanguage.Python => settings.AllowsPython,
            _ => throw FunctionSignature.Bad(function, $"there is no such language; use {string.Join(", ", FunctionLanguage.All)}"),
        };
        if (!isOn)
        {
            throw FunctionSignature.Bad(function, $"functions of this language are off here. Whoever runs the workers turns them on: {UserFunctionOptions.SectionName}");
        }
    }

    private void AddCompiled(FunctionSignature signature, byte[] content, UserFunctionSettings settings, CancellationToken cancellationToken)
    {
        var image = signature.Function.Language == FunctionLanguage.Assembly
            ? FunctionCompiler.CompileCallOf(signature, content, cancellationToken)
            : FunctionCompiler.CompileSource(signature, content, settings, cancellationToken);
        var code = new FunctionCode(signature, image, signature.Function.Language == FunctionLanguage.Assembly ? content : null, Failures);
        _owned.Add(code);
        _functions.Add(signature.With(code.Body));
    }
}
