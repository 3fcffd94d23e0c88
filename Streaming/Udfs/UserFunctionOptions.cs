namespace OrleansFlow.Streaming.Udfs;

/// <summary>
/// Which code of users a worker runs for streaming jobs, and with which bounds. Section: <c>OrleansFlow:Streaming:Functions</c>. Read once, when the host starts. Everything is
/// off by default: who may hand in a job could otherwise run code at the workers.
/// </summary>
public sealed class UserFunctionOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Streaming:Functions";

    /// <summary>C# source: Off; Restricted (values, collections and texts only, and a number of steps); Trusted (everything that the worker may).</summary>
    /// <value>Default Off.</value>
    public UserCodeAccess CSharp { get; set; }

    /// <summary>Whether assemblies are loaded. Nothing limits what they touch.</summary>
    /// <value>Default false.</value>
    public bool Assemblies { get; set; }

    /// <summary>Whether Python runs, in processes with the rights of the worker.</summary>
    /// <value>Default false.</value>
    public bool Python { get; set; }

    /// <summary>Steps (turns of loops, calls) that restricted C# may take for one row. More: a runaway function holds a slot for longer.</summary>
    /// <value>Default 10 000 000. Range 1 000 to 1 000 000 000 000.</value>
    public long StepsMax { get; set; } = UserFunctionSettings.None.StepsMax;

    /// <summary>Bytes of one function's content.</summary>
    /// <value>Default 4 MiB. Range 1 KiB to 256 MiB.</value>
    public int ContentBytesMax { get; set; } = UserFunctionSettings.None.ContentBytesMax;

    /// <summary>Bytes of contents that the worker keeps, so that it need not fetch them for the next start. More: more memory.</summary>
    /// <value>Default 64 MiB. Range 0 to 16 GiB; 0: it keeps none.</value>
    public long KeptBytes { get; set; } = FunctionContents.KeptBytesDefault;

    /// <summary>The program that runs Python, 3.9 or newer.</summary>
    /// <value>Default <c>python3</c>, found in PATH.</value>
    public string PythonPath { get; set; } = UserFunctionSettings.None.PythonPath;

    /// <summary>Processes of Python for one job. More: more rows at a time, more memory.</summary>
    /// <value>Default 2. Range 1 to 64.</value>
    public int PythonProcessesMax { get; set; } = UserFunctionSettings.None.PythonProcessesMax;

    /// <summary>How long Python may take to start, and for a batch of up to 2 048 rows. Then its process is killed, which counts as an end of it. Longer: a function that hangs is found later.</summary>
    /// <value>Default 30 s. Range 100 ms to 1 h.</value>
    public TimeSpan PythonTimeout { get; set; } = UserFunctionSettings.None.PythonTimeout;

    /// <summary>Processes of Python that may end in a row, without a batch between them, before the job fails.</summary>
    /// <value>Default 3. Range 0 to 1 000.</value>
    public int PythonRestartsMax { get; set; } = UserFunctionSettings.None.PythonRestartsMax;

    /// <summary>The same for a run.</summary>
    public UserFunctionSettings ToSettings() => new()
    {
        CSharp = CSharp,
        AllowsAssemblies = Assemblies,
        AllowsPython = Python,
        StepsMax = StepsMax,
        ContentBytesMax = ContentBytesMax,
        PythonPath = PythonPath,
        PythonProcessesMax = PythonProcessesMax,
        PythonTimeout = PythonTimeout,
        PythonRestartsMax = PythonRestartsMax,
    };
}
