using OrleansFlow.Errors;
using OrleansFlow.Worker.Hosting;

// A worker for one streaming job. Without arguments it takes JOB_ID and RUN_ID (and WORKER_ID, if there is one) from the environment;
// with "NAME WORKER_ID JOB_ID RUN_ID" from the command line. FLOW_GATEWAY says where the gateway is.
try
{
    await using var worker = args is [var name, var workerId, var jobId, var runId]
        ? new WorkerServer(name, workerId, jobId, runId)
        : WorkerServer.FromConfig();
    await worker.StartAsync();
    Console.WriteLine($"registered {worker.Id} for job {worker.JobId}");
    await worker.RunAsync();
    return 0;
}
catch (FlowException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
